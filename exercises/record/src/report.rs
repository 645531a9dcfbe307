//! How a verdict leaves a test binary: one JSON line a test, appended to the file that the
//! environment variable [`REPORT_FILE`] names. This is the instruments' public contract; nothing
//! else that a test prints is ever parsed.

use serde::{Deserialize, Serialize};

use crate::timeline::Timeline;

/// Names the file that records are appended to. Without it, none are written.
pub const REPORT_FILE: &str = "COURSE_REPORT_FILE";

/// Names the file that the runs of tests that passed are appended to, one [`PassedRun`] a line. Without
/// it, none are kept.
pub const RUNS_FILE: &str = "COURSE_RUNS_FILE";

/// The version of [`Record`]'s shape, in every line.
pub const SCHEMA: u32 = 1;

/// The judgement on one test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA`]
    pub schema: u32,
    /// The lesson's slug.
    pub lesson: String,
    /// How far up the ladder the test stands.
    pub rung: Rung,
    /// The test's name, a sentence in snake case.
    pub test: String,
    /// The test's line in its file: the order in which the file tells its story.
    pub line: u32,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How a test ran that passed, to be held against a run that did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedRun {
    /// The lesson's slug.
    pub lesson: String,
    /// How far up the ladder the test stands.
    pub rung: Rung,
    /// The test's name.
    pub test: String,
    /// What was recorded.
    pub timeline: Timeline,
}

/// The three rungs of an exercise's tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// The result and the bound.
    Core,
    /// What makes it this pattern.
    Pattern,
    /// Panics, cancellation, pressure: a mark of its own.
    Stretch,
}

/// What became of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It held.
    Passed,
    /// It reached a `todo!()`.
    NotWritten(Failure),
    /// It did not hold.
    Failed(Failure),
    /// Every thread waited, and none could wake another.
    Deadlocked(Failure),
    /// It was still busy when the limit came.
    TimedOut(Failure),
    /// A compile-fail case was rejected, but not for its reason.
    RejectedForTheWrongReason(Failure),
    /// It could not be judged, which says nothing of the learner's work: no compiler, no disk space.
    NotJudged(Failure),
}

/// What the learner sees of a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// One sentence, in the learner's terms.
    pub sentence: String,
    /// `file:line` of the assertion, or of the learner's line that panicked.
    pub place: Option<String>,
    /// Further lines: other threads' panics, the compiler's words, the threads that hang.
    pub details: Vec<String>,
    /// The run that proves the sentence.
    pub timeline: Option<Timeline>,
}

impl Outcome {
    /// What the learner sees, unless the test passed.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Passed => None,
            Self::NotWritten(failure)
            | Self::Failed(failure)
            | Self::Deadlocked(failure)
            | Self::TimedOut(failure)
            | Self::RejectedForTheWrongReason(failure)
            | Self::NotJudged(failure) => Some(failure),
        }
    }
}
