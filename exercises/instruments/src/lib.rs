//! Instruments for testing concurrent code. They turn a hang, a leak or a race into one sentence
//! and a picture of what ran when.

pub mod report;
pub mod timeline;
