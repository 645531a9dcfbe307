//! Files that change while the checker looks.

mod watched;

pub use watched::{Stamps, Watched};
