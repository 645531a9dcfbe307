//! What a test program leaves behind, and how it is drawn: the contract between the instruments,
//! which write it, and the checker, which reads it.
//!
//! - [`report`]: one JSON line a test, with its verdict. Its version is [`report::SCHEMA`].
//! - [`misuse`]: what the compiler made of programs that must not compile, the other way round.
//! - [`timeline`]: what ran when, with its renderers: text for a terminal, SVG for a page.
//! - [`LIFELINE`]: how the checker makes sure that no test program outlives it.
//!
//! The crate knows neither threads nor clocks: the recorder fills in the data.

pub mod misuse;
pub mod report;
pub mod timeline;

/// Names the environment variable that tells a test program who started it, and by which pipe it
/// learns of the starter's end: `<process id>:<file descriptor>`. The program must be the leader of a
/// process group, since the whole group is ended.
pub const LIFELINE: &str = "COURSE_LIFELINE";

/// Names the environment variable that sets how many seconds of real time a test's body may take, for
/// machines on which the instruments' own limit is too short.
pub const LIMIT: &str = "COURSE_LIMIT";
