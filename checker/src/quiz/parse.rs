mod raw;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Choice, Kind, Outcome, Question, QuestionId, Quiz};
use crate::course::brings_back;
use raw::{ChoiceAnswer, Fields, NoQuestion, ProgramAnswer, RawQuestion};

/// A quiz file that cannot be used: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}:{line}: {what}", .path.display())]
pub struct QuizError {
    /// The quiz file.
    pub path: PathBuf,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

/// Reads a quiz from its file.
///
/// # Errors
/// If the file cannot be read or is not a quiz; the error names file and line.
pub fn load(path: &Path) -> Result<Quiz, QuizError> {
    parse(&read(path)?, path)
}

/// Reads the text of a quiz file.
///
/// # Errors
/// If there is no such file, or it cannot be read.
pub fn read(path: &Path) -> Result<String, QuizError> {
    std::fs::read_to_string(path).map_err(|error| QuizError {
        path: path.to_owned(),
        line: 1,
        what: match error.kind() {
            ErrorKind::NotFound => {
                format!("the lesson's quiz is missing; {}", brings_back(path))
            }
            _ => format!("cannot be read: {error}"),
        },
    })
}

/// Reads a quiz from `text`; `path` is for error messages alone.
///
/// # Errors
/// On TOML errors, unknown or missing keys, two questions of one id, feedback that does not match
/// its choices.
pub fn parse(text: &str, path: &Path) -> Result<Quiz, QuizError> {
    let at = |span: Option<Range<usize>>, what: String| QuizError {
        path: path.to_owned(),
        line: span.map_or(1, |span| line_of(text, span.start)),
        what,
    };
    let toml = |error: toml::de::Error| at(error.span(), error.message().to_owned());
    let mut file = DeTable::parse(text).map_err(toml)?.into_inner();
    let raw = file.remove("questions");
    if let Some(key) = file.keys().next() {
        let what = format!(
            "unknown key `{}`; a quiz holds `[[questions]]` alone",
            key.get_ref()
        );
        return Err(at(Some(key.span()), what));
    }
    let raw = match raw.map(Spanned::into_inner) {
        Some(DeValue::Array(raw)) if !raw.is_empty() => raw,
        _ => {
            let what = "a quiz needs at least one `[[questions]]`".to_owned();
            return Err(at(None, what));
        }
    };
    let mut lines = BTreeMap::new();
    let mut questions = Vec::new();
    for raw in raw {
        let span = raw.span();
        let line = line_of(text, span.start);
        let here = |what: String| at(Some(span.clone()), what);
        let DeValue::Table(table) = raw.into_inner() else {
            return Err(here("a question is a table: `[[questions]]`".to_owned()));
        };
        let raw =
            RawQuestion::read(Spanned::new(span.clone(), table)).map_err(|error| match error {
                NoQuestion::Toml(error) => at(
                    error.span().or(Some(span.clone())),
                    error.message().to_owned(),
                ),
                NoQuestion::Type(what) => here(what),
            })?;
        let question = question(raw, line).map_err(here)?;
        if let Some(first) = lines.insert(question.id.clone(), line) {
            let what = format!(
                "the id `{}` was already used on line {first}; every question needs one of its own",
                question.id
            );
            return Err(here(what));
        }
        questions.push(question);
    }
    Ok(Quiz { questions })
}

fn line_of(text: &str, offset: usize) -> usize {
    text[..offset.min(text.len())].matches('\n').count() + 1
}

fn question(raw: RawQuestion, line: usize) -> Result<Question, String> {
    let (id, kind, context) = match raw {
        RawQuestion::MultipleChoice(Fields {
            id,
            prompt,
            answer,
            context,
        }) => {
            let choices = choices(&id, prompt.distractors, prompt.feedback, answer)?;
            let kind = Kind::MultipleChoice {
                prompt: prompt.prompt,
                choices,
            };
            (id, kind, context)
        }
        RawQuestion::ShortAnswer(raw) => {
            let mut accepted = vec![raw.answer.answer];
            accepted.extend(raw.answer.alternatives);
            let kind = Kind::ShortAnswer {
                prompt: raw.prompt.prompt,
                accepted,
                feedback: raw.prompt.feedback,
            };
            (raw.id, kind, raw.context)
        }
        RawQuestion::Tracing(raw) => {
            let kind = Kind::Tracing {
                program: raw.prompt.program,
                outcome: outcome(&raw.answer)?,
                feedback: raw.prompt.feedback,
            };
            (raw.id, kind, raw.context)
        }
    };
    if id.trim().is_empty() {
        return Err("the id is empty; name the question, for instance `nested-submission`".into());
    }
    Ok(Question {
        id: QuestionId(id),
        kind,
        context,
        line,
    })
}

fn choices(
    id: &str,
    distractors: Vec<String>,
    wrong_feedback: Vec<String>,
    answer: ChoiceAnswer,
) -> Result<Vec<Choice>, String> {
    let right = pair(answer.answer.into_vec(), answer.feedback.into_vec(), true)?;
    let wrong = pair(distractors, wrong_feedback, false)?;
    if right.is_empty() {
        return Err("no choice is right; `answer.answer` needs at least one".into());
    }
    let mut choices: Vec<Choice> = right.into_iter().chain(wrong).collect();
    let mut texts: Vec<_> = choices.iter().map(|choice| choice.text.as_str()).collect();
    texts.sort_unstable();
    if let Some([twice, _]) = texts.array_windows().find(|[one, next]| one == next) {
        return Err(format!("the choice \"{twice}\" stands here twice"));
    }
    // The right choice must not always come first, and the order must be the same in terminal and
    // page: sorted by a hash that depends on nothing but the question.
    choices.sort_by_key(|choice| {
        let mut hasher = DefaultHasher::new();
        (id, &choice.text).hash(&mut hasher);
        hasher.finish()
    });
    Ok(choices)
}

fn pair(texts: Vec<String>, feedback: Vec<String>, correct: bool) -> Result<Vec<Choice>, String> {
    if texts.len() != feedback.len() {
        let whose = if correct { "answer" } else { "prompt" };
        return Err(format!(
            "{} choices, but {} sentences in `{whose}.feedback`; every choice needs one",
            texts.len(),
            feedback.len()
        ));
    }
    Ok(texts
        .into_iter()
        .zip(feedback)
        .map(|(text, feedback)| Choice {
            text,
            correct,
            feedback,
        })
        .collect())
}

fn outcome(answer: &ProgramAnswer) -> Result<Outcome, String> {
    match (answer.does_compile, &answer.stdout, answer.line_number) {
        (true, Some(stdout), None) => Ok(Outcome::Prints(stdout.clone())),
        (false, None, Some(line)) => Ok(Outcome::FailsToCompile { line }),
        (true, ..) => Err("a program that compiles needs `answer.stdout` and nothing else".into()),
        (false, ..) => {
            Err("a program that does not compile needs `answer.lineNumber` and nothing else".into())
        }
    }
}

#[cfg(test)]
mod tests;
