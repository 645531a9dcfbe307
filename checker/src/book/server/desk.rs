//! What the server asks of the rest of the checker: to record a quiz, to say how far the learner is.

use serde::Serialize;
use thiserror::Error;

use crate::quiz::{self, Answers};

/// Takes answers in and keeps the progress.
pub trait Desk: Send + Sync + 'static {
    /// Grades the answers to a lesson's quiz and records the result.
    ///
    /// # Errors
    /// If there is no such quiz, the answers do not fit, or they could not be recorded. Nothing is
    /// recorded then.
    fn record_quiz(&self, slug: &str, answers: &Answers) -> Result<quiz::Result, DeskError>;

    /// How far the learner is, in the course's order.
    ///
    /// # Errors
    /// If the progress cannot be read.
    fn standings(&self) -> anyhow::Result<Vec<Standing>>;
}

/// How far the learner is with one lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The lesson.
    pub slug: String,
    /// Whether all that it has was passed: the tick in the table of contents.
    pub complete: bool,
    /// Said at the lesson's quiz; plain text.
    pub note: String,
}

/// Why answers were not recorded.
#[derive(Debug, Error)]
pub enum DeskError {
    /// There is no such quiz.
    #[error("{0:#}")]
    NoSuchQuiz(anyhow::Error),
    /// The answers are to another quiz, or to another version of it.
    #[error("{0:#}")]
    Misfit(anyhow::Error),
    /// The progress could not be written.
    #[error("{0:#}")]
    NotRecorded(anyhow::Error),
}
