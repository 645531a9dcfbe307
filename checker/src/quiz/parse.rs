use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use super::{Choice, Kind, Outcome, Question, QuestionId, Quiz};

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
                let name = path.display();
                format!("the lesson's quiz is missing; `git checkout {name}` brings it back")
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
    let file: File =
        toml::from_str(text).map_err(|error| at(error.span(), error.message().to_owned()))?;
    if file.questions.is_empty() {
        return Err(at(
            None,
            "a quiz needs at least one `[[questions]]`".to_owned(),
        ));
    }
    let mut lines = BTreeMap::new();
    let mut questions = Vec::new();
    for raw in file.questions {
        let span = raw.span();
        let line = line_of(text, span.start);
        let question =
            question(raw.into_inner(), line).map_err(|what| at(Some(span.clone()), what))?;
        if let Some(first) = lines.insert(question.id.clone(), line) {
            let what = format!(
                "the id `{}` was already used on line {first}; every question needs one of its own",
                question.id
            );
            return Err(at(Some(span), what));
        }
        questions.push(question);
    }
    Ok(Quiz { questions })
}

fn line_of(text: &str, offset: usize) -> usize {
    text[..offset.min(text.len())].matches('\n').count() + 1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    questions: Vec<Spanned<RawQuestion>>,
}

#[derive(Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
enum RawQuestion {
    MultipleChoice {
        id: String,
        prompt: ChoicePrompt,
        answer: ChoiceAnswer,
        context: String,
    },
    ShortAnswer {
        id: String,
        prompt: TextPrompt,
        answer: TextAnswer,
        context: String,
    },
    Tracing {
        id: String,
        prompt: ProgramPrompt,
        answer: ProgramAnswer,
        context: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoicePrompt {
    prompt: String,
    distractors: Vec<String>,
    /// One for each distractor, in their order.
    feedback: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoiceAnswer {
    answer: OneOrMany,
    /// One for each right choice, in their order.
    feedback: OneOrMany,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextPrompt {
    prompt: String,
    feedback: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextAnswer {
    answer: String,
    #[serde(default)]
    alternatives: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgramPrompt {
    program: String,
    feedback: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ProgramAnswer {
    does_compile: bool,
    stdout: Option<String>,
    line_number: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

fn question(raw: RawQuestion, line: usize) -> Result<Question, String> {
    let (id, kind, context) = match raw {
        RawQuestion::MultipleChoice {
            id,
            prompt,
            answer,
            context,
        } => {
            let choices = choices(&id, prompt.distractors, prompt.feedback, answer)?;
            let kind = Kind::MultipleChoice {
                prompt: prompt.prompt,
                choices,
            };
            (id, kind, context)
        }
        RawQuestion::ShortAnswer {
            id,
            prompt,
            answer,
            context,
        } => {
            let mut accepted = vec![answer.answer];
            accepted.extend(answer.alternatives);
            let kind = Kind::ShortAnswer {
                prompt: prompt.prompt,
                accepted,
                feedback: prompt.feedback,
            };
            (id, kind, context)
        }
        RawQuestion::Tracing {
            id,
            prompt,
            answer,
            context,
        } => {
            let kind = Kind::Tracing {
                program: prompt.program,
                outcome: outcome(&answer)?,
                feedback: prompt.feedback,
            };
            (id, kind, context)
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
mod tests {
    use super::*;

    const CHOICE: &str = r#"
[[questions]]
id = "who-waits"
type = "MultipleChoice"
prompt.prompt = "Who waits?"
prompt.distractors = ["nobody", "the worker"]
prompt.feedback = ["Somebody does.", "It is busy."]
answer.answer = "the caller"
answer.feedback = "Yes."
context = "The queue is full."
"#;

    fn error(text: &str) -> String {
        parse(text, Path::new("quiz/x.toml"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_multiple_choice_question_keeps_each_choice_with_its_feedback() {
        let quiz = parse(CHOICE, Path::new("x")).expect("a quiz");
        let Kind::MultipleChoice { choices, .. } = &quiz.questions[0].kind else {
            panic!("another kind");
        };
        let caller = choices
            .iter()
            .find(|choice| choice.correct)
            .expect("one is right");
        assert_eq!(
            (caller.text.as_str(), caller.feedback.as_str()),
            ("the caller", "Yes.")
        );
        assert_eq!(choices.len(), 3);
    }

    #[test]
    fn a_typo_in_a_key_is_named_with_its_line() {
        let error = error(&CHOICE.replace("context", "contxt"));
        assert!(error.starts_with("quiz/x.toml:"), "{error}");
        assert!(error.contains("contxt"), "{error}");
    }

    #[test]
    fn two_questions_of_one_id_are_refused_with_both_lines() {
        let error = error(&format!("{CHOICE}{CHOICE}"));
        assert!(
            error.contains("`who-waits` was already used on line 2"),
            "{error}"
        );
        assert!(error.starts_with("quiz/x.toml:12:"), "{error}");
    }

    #[test]
    fn a_choice_without_feedback_is_refused() {
        let error = error(&CHOICE.replace(r#"["Somebody does.", "It is busy."]"#, r#"["One."]"#));
        assert!(error.contains("2 choices, but 1 sentences"), "{error}");
    }

    #[test]
    fn an_empty_quiz_is_refused() {
        assert!(error("").contains("at least one"));
    }

    #[test]
    fn a_traced_program_says_either_what_it_prints_or_where_it_fails() {
        let program = "[[questions]]\nid = \"a\"\ntype = \"Tracing\"\nprompt.program = \"\"\n\
                       prompt.feedback = \"\"\nanswer.doesCompile = true\ncontext = \"\"\n";
        assert!(error(program).contains("needs `answer.stdout`"));
    }
}
