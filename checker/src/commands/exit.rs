//! How a command ends, and what the exit code says of it.

use anyhow::Result;
use thiserror::Error;

use crate::book::{DirectiveError, Leftover};
use crate::course::{CourseError, Finding};
use crate::hand_out::HandOutError;
use crate::progress::{PristineError, RecordError};
use crate::quiz::{AnswersFileError, QuizError, ReceiptError};
use crate::run::RunError;

/// How a command that did its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for holds: exit code 0.
    Passed,
    /// It ran, and the answer is no: exit code 1.
    NotPassed,
    /// The user stopped it: exit code 130.
    Interrupted,
}

/// Asked for something that makes no sense: exit code 2. The text says what to do instead.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct BadUsage(pub String);

/// The process' exit code; `cargo checker --help` explains them.
pub fn exit_code(result: &Result<Exit>) -> u8 {
    match result {
        Ok(Exit::Passed) => 0,
        Ok(Exit::NotPassed) => 1,
        Ok(Exit::Interrupted) => 130,
        Err(error) => match error.downcast_ref() {
            Some(RunError::Interrupted) => 130,
            Some(RunError::Missing(_) | RunError::NoTests(_)) => 2,
            _ if is_bad_input(error) => 2,
            _ => 3,
        },
    }
}

fn is_bad_input(error: &anyhow::Error) -> bool {
    let record = error.downcast_ref();
    matches!(
        record,
        Some(RecordError::Course(_) | RecordError::Quiz(_) | RecordError::Answer(_))
    ) || error.is::<BadUsage>()
        || error.is::<HandOutError>()
        || error.is::<CourseError>()
        || error.is::<QuizError>()
        || error.is::<AnswersFileError>()
        || error.is::<ReceiptError>()
        || error.is::<DirectiveError>()
        || error.is::<Leftover>()
        || error.is::<Finding>()
        || matches!(
            error.downcast_ref(),
            Some(PristineError::NoStub(_) | PristineError::NothingKept(_))
        )
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn bad_input_is_told_from_a_world_that_does_not_play_along() {
        let io = || std::io::Error::other("no");
        for (error, code) in [
            (anyhow!(BadUsage(String::new())), 2),
            (anyhow!(CourseError::NotFound("x".into())), 2),
            (
                anyhow!(RecordError::Course(CourseError::NotFound("x".into()))),
                2,
            ),
            (anyhow!(RunError::Missing("x".into())), 2),
            (anyhow!(RunError::NoCargo(io())), 3),
            (anyhow!(RunError::Interrupted), 130),
            (
                anyhow!(CourseError::NotFound("x".into())).context("while reading"),
                2,
            ),
            (anyhow!(io()), 3),
        ] {
            let shown = format!("{error:#}");
            assert_eq!(exit_code(&Err(error)), code, "{shown}");
        }
    }
}
