//! What the compiler made of programs that must not compile, for tests that judge it.
//!
//! Who starts a test program may have compiled them already, beside the tests. The file that
//! [`MISUSE_FILE`] names then holds a list of [`Compiled`], as JSON. Without it, the tests compile
//! them.

use serde::{Deserialize, Serialize};

/// Names the file with what the compiler made of each program.
pub const MISUSE_FILE: &str = "COURSE_MISUSE_FILE";

/// One program that the compiler was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compiled {
    /// As the test names it: `worker_pool/job_not_send.rs`.
    pub file: String,
    /// What the compiler made of it.
    pub came_to: CameTo,
}

/// What the compiler made of a program. A compiler that was killed made nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameTo {
    /// It compiles.
    Accepted,
    /// It does not.
    Rejected {
        /// All errors, as the compiler prints them without colours.
        words: String,
    },
}
