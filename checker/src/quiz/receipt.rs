//! What a page without a checker behind it hands to the learner: the answers that it kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use super::{Answer, Answers, QuestionId, Quiz};

/// The version of the receipt's shape.
pub const RECEIPT: u32 = 1;

/// The answers to one quiz, as a page kept them. In JSON:
/// `{"receipt": 1, "lesson": "worker_pool", "kept": {"who-waits": {"version": "00ff00ff",
/// "first": "nobody", "answer": "the caller"}}}`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    #[serde(rename = "receipt")]
    _version: u32,
    /// The lesson's name.
    pub lesson: String,
    kept: BTreeMap<QuestionId, Kept>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: String,
    first: Answer,
    answer: Answer,
}

/// The tries that a receipt holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tries {
    /// The first answer to each question.
    pub first: Answers,
    /// The answer that counts.
    pub last: Answers,
}

/// A receipt that cannot be used: where, what, and what to do. Nothing was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{}: {what}", .path.display(), .line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct ReceiptError {
    /// The file.
    pub path: PathBuf,
    /// Counted from 1; `None` where the whole is meant.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub what: String,
}

impl ReceiptError {
    /// An error about the whole receipt.
    pub fn new(path: &Path, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            what: what.into(),
        }
    }
}

impl Receipt {
    /// Reads a receipt from `text`; `path` is for error messages alone.
    ///
    /// # Errors
    /// If the text is no receipt, or one of a later version.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ReceiptError> {
        #[derive(Deserialize)]
        struct Version {
            receipt: u32,
        }

        if let Ok(Version { receipt }) = serde_json::from_str(text)
            && receipt > RECEIPT
        {
            let what = format!(
                "the receipt has version {receipt}, and this checker knows version {RECEIPT}: \
                 update the course, then try again"
            );
            return Err(ReceiptError::new(path, what));
        }
        serde_json::from_str(text).map_err(|error| {
            let what = error.to_string();
            let what = what
                .rsplit_once(" at line ")
                .map_or(&*what, |(what, _)| what);
            ReceiptError {
                path: path.to_owned(),
                line: Some(error.line()),
                what: format!(
                    "this is no receipt: {what}; copy it whole from the end of the quiz's page \
                     (answers that you wrote yourself are for \
                     `cargo checker quiz <lesson> --answers <file>`)"
                ),
            }
        })
    }

    /// The tries in it, if they are answers to the questions as they are now.
    ///
    /// # Errors
    /// If a question has changed since it was answered, or is gone.
    pub fn tries(&self, quiz: &Quiz, path: &Path) -> Result<Tries, ReceiptError> {
        let mut tries = Tries {
            first: Answers::new(),
            last: Answers::new(),
        };
        for (id, kept) in &self.kept {
            let question = quiz.questions.iter().find(|question| question.id == *id);
            if question.is_none_or(|question| question.version() != kept.version) {
                let what = format!(
                    "the question `{id}` is not the one that was answered: the course has changed \
                     since. Build the book again, answer on its page, and copy a new receipt"
                );
                return Err(ReceiptError::new(path, what));
            }
            tries.first.insert(id.clone(), kept.first.clone());
            tries.last.insert(id.clone(), kept.answer.clone());
        }
        Ok(tries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIZ: &str = r#"
[[questions]]
id = "who-waits"
type = "ShortAnswer"
prompt.prompt = "Who?"
prompt.feedback = "Look again."
answer.answer = "the caller"
context = ""
"#;

    fn tries(text: &str) -> Result<Tries, ReceiptError> {
        let quiz = super::super::parse(QUIZ, Path::new("quiz")).expect("a quiz");
        let path = Path::new("r.json");
        let text = text.replace("VERSION", &quiz.questions[0].version());
        Receipt::parse(&text, path)?.tries(&quiz, path)
    }

    #[test]
    fn a_receipt_holds_the_first_try_and_the_last() {
        let tries = tries(
            r#"{"receipt": 1, "lesson": "a", "kept":
                {"who-waits": {"version": "VERSION", "first": "x", "answer": "the caller"}}}"#,
        );
        let tries = tries.expect("a receipt");
        let id = QuestionId("who-waits".to_owned());
        assert_eq!(tries.first[&id], Answer::Text("x".to_owned()));
        assert_eq!(tries.last[&id], Answer::Text("the caller".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, says) in [
            ("", "r.json:1: this is no receipt: EOF"),
            (
                "{\n\"who\": \"x\"}",
                "r.json:2: this is no receipt: unknown field `who`",
            ),
            (
                r#"{"receipt": 2, "new": []}"#,
                "r.json: the receipt has version 2, and this checker knows version 1",
            ),
            (
                r#"{"receipt": 1, "lesson": "a", "kept": {"who-waits": {"version": "0", "first": "x", "answer": "x"}}}"#,
                "r.json: the question `who-waits` is not the one that was answered",
            ),
            (
                r#"{"receipt": 1, "lesson": "a", "kept": {"gone": {"version": "0", "first": "x", "answer": "x"}}}"#,
                "r.json: the question `gone` is not the one that was answered",
            ),
        ] {
            let error = tries(text).expect_err(says).to_string();
            assert!(error.starts_with(says), "{error}");
        }
    }
}
