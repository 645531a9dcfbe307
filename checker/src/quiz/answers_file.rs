use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use thiserror::Error;

use super::{Answer, AnswerError, Answers, Kind, Question, QuestionId, Quiz, Result, grade};

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
            format!("{what}; write an object such as {{\"question-id\": \"answer\"}}"),
        )
    })?;
    let lines = key_lines(text);
    let mut answers = Answers::new();
    let mut line_of = BTreeMap::new();
    for ((id, value), line) in pairs.into_iter().zip(lines) {
        let answer: Answer = serde_json::from_value(value).map_err(|_| {
            let what = format!(
                "the answer to `{id}` is none: write a text, a list of texts, \
                 {{\"stdout\": \"…\"}} or {{\"line\": 3}}"
            );
            at(Some(line), what)
        })?;
        let id = QuestionId(id);
        let answer = match quiz.questions.iter().find(|question| question.id == id) {
            Some(question) => with_texts(question, answer),
            None => answer,
        };
        if line_of.insert(id.clone(), line).is_some() {
            let what = format!("the question `{id}` is answered more than once");
            return Err(at(Some(line), what));
        }
        answers.insert(id, answer);
    }
    let result = grade(quiz, &answers).map_err(|error| {
        let line = match &error {
            AnswerError::UnknownQuestion { id, .. } | AnswerError::Misfit { id, .. } => {
                line_of.get(id).copied()
            }
            AnswerError::Missing(_) => None,
        };
        at(line, error.to_string())
    })?;
    Ok((answers, result))
}

/// An answers file for `quiz` that holds every question and no answer yet.
pub fn template(quiz: &Quiz) -> String {
    let lines: Vec<_> = quiz
        .questions
        .iter()
        .map(|question| {
            let slot = match (&question.kind, question.correct_choices()) {
                (Kind::MultipleChoice { .. }, Some(1)) | (Kind::ShortAnswer { .. }, _) => "\"\"",
                (Kind::MultipleChoice { .. }, _) => "[]",
                (Kind::Tracing { .. }, _) => "{ \"stdout\": \"\" }",
            };
            format!("  {}: {slot}", Value::from(question.id.0.as_str()))
        })
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// A choice may be named by its letter, as the terminal shows it; a text that is one stands first.
fn with_texts(question: &Question, answer: Answer) -> Answer {
    let Kind::MultipleChoice { choices, .. } = &question.kind else {
        return answer;
    };
    let text = |given: String| {
        if choices.iter().any(|choice| choice.text == given) {
            return given;
        }
        let mut lettered = ('a'..).zip(choices);
        let named = lettered
            .find(|(letter, _)| given.eq_ignore_ascii_case(letter.encode_utf8(&mut [0; 4])));
        named.map_or(given, |(_, choice)| choice.text.clone())
    };
    match answer {
        Answer::Text(given) => Answer::Text(text(given)),
        Answer::Choices(given) => Answer::Choices(given.into_iter().map(text).collect()),
        other => other,
    }
}

/// The line of each key of the outermost object, in their order; `text` is well-formed.
fn key_lines(text: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    let mut line = 1;
    let mut depth = 0;
    let mut expects_key = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\n' => line += 1,
            '{' | '[' => {
                depth += 1;
                expects_key = depth == 1;
            }
            '}' | ']' => depth -= 1,
            ',' => expects_key = depth == 1,
            '"' => {
                if std::mem::take(&mut expects_key) {
                    lines.push(line);
                }
                while let Some(c) = chars.next()
                    && c != '"'
                {
                    if c == '\\' {
                        chars.next();
                    }
                }
            }
            _ => {}
        }
    }
    lines
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

[[questions]]
id = "several"
type = "MultipleChoice"
prompt.prompt = "Which?"
prompt.distractors = ["wrong"]
prompt.feedback = ["No."]
answer.answer = ["right", "right too"]
answer.feedback = ["Yes.", "Also."]
context = ""
"#;

    fn letters(right: bool) -> Vec<String> {
        let quiz = super::super::parse(QUIZ, Path::new("quiz")).expect("a quiz");
        let Kind::MultipleChoice { choices, .. } = &quiz.questions[2].kind else {
            panic!("another kind");
        };
        let lettered = ('a'..).zip(choices);
        let named = lettered.filter(|(_, choice)| choice.correct == right);
        named.map(|(letter, _)| letter.to_string()).collect()
    }

    fn graded(text: &str) -> std::result::Result<usize, String> {
        let quiz = super::super::parse(QUIZ, Path::new("quiz")).expect("a quiz");
        grade_file(&quiz, text, Path::new("my.json"))
            .map(|(_, result)| result.correct())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn answers_that_belong_to_the_quiz_are_graded() {
        let text =
            r#"{"who-waits": "The caller", "prints": {"stdout": "x"}, "several": ["wrong"]}"#;
        assert_eq!(graded(text), Ok(1));
    }

    #[test]
    fn a_choice_may_be_named_by_its_letter() {
        let with = |several: &str| {
            let text = format!(
                r#"{{"who-waits": "x", "prints": {{"stdout": "x"}}, "several": {several}}}"#
            );
            graded(&text)
        };
        let right = serde_json::to_string(&letters(true)).expect("JSON");
        assert_eq!(with(&right), Ok(1));
        assert_eq!(with(&right.to_uppercase()), Ok(1));
        let wrong = serde_json::to_string(&letters(false)[0]).expect("JSON");
        assert_eq!(with(&wrong), Ok(0));
        let error = with("\"d\"").expect_err("there are three");
        assert!(error.contains("\"d\" is neither"), "{error}");
    }

    #[test]
    fn the_template_has_a_slot_for_every_answer() {
        let quiz = super::super::parse(QUIZ, Path::new("quiz")).expect("a quiz");
        let template = template(&quiz);
        assert_eq!(
            template,
            "{\n  \"who-waits\": \"\",\n  \"prints\": { \"stdout\": \"\" },\n  \"several\": []\n}\n"
        );
        // What was not filled in is wrong, but belongs to the quiz.
        assert_eq!(graded(&template), Ok(1));
    }

    #[test]
    fn keys_are_told_from_texts_that_look_like_them() {
        let text =
            "{\"a\":\n\"b\\\": \", \"c\": [\"x\",\n{\"y\": 1}],\n\n\"b\": {\"c\":\n2}, \"d\": 1}";
        assert_eq!(key_lines(text), [1, 2, 5, 6]);
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
                "{\"who-waits\": \"x\",\n\"prints\": \"7\", \"several\": []}",
                "my.json:2: the answer to `prints` does not fit",
            ),
            (
                "{\n\n\"who\": \"x\"}",
                "my.json:3: the quiz has no question `who`",
            ),
            (
                "{\n\n\"who\": \"x\"}",
                "my.json:3: the quiz has no question `who`; its questions are `who-waits`, `prints`",
            ),
            (
                "{\"who-waits\": \"x\"}",
                "my.json: some questions have no answer: `prints`, `several`",
            ),
            (
                "{\"who-waits\": \"x\",\n\"who-waits\": \"y\"}",
                "my.json:2: the question `who-waits` is answered more",
            ),
        ] {
            let error = graded(text).expect_err("it is refused");
            assert!(error.matches("expected").count() < 2, "{error}");
            assert!(error.starts_with(says), "{text}: {error}");
        }
    }
}
