use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use thiserror::Error;

use super::{Answer, AnswerError, Answers, QuestionId, Quiz, Result, grade};

/// A file of answers that cannot be used: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{}: {what}", .path.display(), .line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct AnswersFileError {
    /// The file.
    pub path: PathBuf,
    /// Counted from 1; `None` where the fault is something that is not there.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub what: String,
}

/// Reads answers from `text`, a JSON object from question id to answer, and grades them; `path` is
/// for error messages alone.
///
/// # Errors
/// If the text is no such object, names a question twice, or the answers are not this quiz's.
pub fn grade_file(
    quiz: &Quiz,
    text: &str,
    path: &Path,
) -> std::result::Result<(Answers, Result), AnswersFileError> {
    let at = |line: Option<usize>, what: String| AnswersFileError {
        path: path.to_owned(),
        line,
        what,
    };
    let Pairs(pairs) = serde_json::from_str(text).map_err(|error| {
        // The position stands in front already.
        let what = error.to_string();
        let what = what
            .rsplit_once(" at line ")
            .map_or(&*what, |(what, _)| what);
        at(
            Some(error.line()),
            format!("{what}; expected an object such as {{\"question-id\": \"answer\"}}"),
        )
    })?;
    let mut answers = Answers::new();
    for (id, value) in pairs {
        let answer: Answer = serde_json::from_value(value).map_err(|_| {
            let what = format!(
                "the answer to `{id}` is none: expected a text, a list of texts, \
                 {{\"stdout\": \"…\"}} or {{\"line\": 3}}"
            );
            at(line_of(text, &id), what)
        })?;
        let line = line_of(text, &id);
        let id = QuestionId(id);
        if answers.contains_key(&id) {
            let what = format!("the question `{id}` is answered more than once");
            return Err(at(line, what));
        }
        answers.insert(id, answer);
    }
    let result = grade(quiz, &answers).map_err(|error| {
        let line = match &error {
            AnswerError::UnknownQuestion(id) | AnswerError::Misfit { id, .. } => {
                line_of(text, &id.0)
            }
            AnswerError::Missing(_) => None,
        };
        at(line, error.to_string())
    })?;
    Ok((answers, result))
}

/// The first line on which `key` is one.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let quoted = serde_json::to_string(key).ok()?;
    let is_key = |line: &str| {
        line.split_once(&quoted)
            .is_some_and(|(_, rest)| rest.trim_start().starts_with(':'))
    };
    Some(text.lines().position(is_key)? + 1)
}

/// An object's pairs as they stand there: a map would swallow the first of two equal keys.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object from question id to answer")
            }

            fn visit_map<M: MapAccess<'de>>(
                self,
                mut map: M,
            ) -> std::result::Result<Pairs, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Collect)
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

[[questions]]
id = "prints"
type = "Tracing"
prompt.program = "fn main() {}"
prompt.feedback = ""
answer.doesCompile = true
answer.stdout = ""
context = ""
"#;

    fn graded(text: &str) -> std::result::Result<usize, String> {
        let quiz = super::super::parse(QUIZ, Path::new("quiz")).expect("a quiz");
        grade_file(&quiz, text, Path::new("my.json"))
            .map(|(_, result)| result.correct())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn answers_that_belong_to_the_quiz_are_graded() {
        let text = r#"{"who-waits": "The caller", "prints": {"stdout": "x"}}"#;
        assert_eq!(graded(text), Ok(1));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_question() {
        for (text, says) in [
            ("{\n\"who-waits\": \n}", "my.json:3: expected value"),
            ("[]", "my.json:1: invalid type"),
            ("", "my.json:1: EOF"),
            (
                "{\"who-waits\": \"x\",\n\"prints\": 7}",
                "my.json:2: the answer to `prints` is none",
            ),
            (
                "{\"who-waits\": \"x\",\n\"prints\": \"7\"}",
                "my.json:2: the answer to `prints` does not fit",
            ),
            (
                "{\n\n\"who\": \"x\"}",
                "my.json:3: the quiz has no question `who`",
            ),
            (
                "{\"who-waits\": \"x\"}",
                "my.json: the question `prints` has no answer",
            ),
            (
                "{\"who-waits\": \"x\", \"who-waits\": \"y\"}",
                "my.json:1: the question `who-waits` is answered more",
            ),
        ] {
            let error = graded(text).expect_err("it is refused");
            assert!(error.starts_with(says), "{text}: {error}");
        }
    }
}
