use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Kind, Outcome, Question, QuestionId, Quiz};

/// The share of right answers, in per cent, that passes a quiz.
pub const PASS_PERCENT: usize = 80;

/// Answers by question: what the page posts and an answers file holds.
pub type Answers = BTreeMap<QuestionId, Answer>;

/// One answer, in the shape of its question. In JSON: `"text"` (a choice or a short answer),
/// `["text", …]` (several choices), `{"stdout": "…"}` or `{"line": 3}` (a traced program).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// A choice's text, or a short answer.
    Text(String),
    /// The texts of all chosen choices.
    Choices(BTreeSet<String>),
    /// What a traced program prints.
    Prints {
        /// Compared without surrounding white space.
        stdout: String,
    },
    /// The line on which a traced program fails to compile.
    FailsToCompile {
        /// Counted from 1.
        line: usize,
    },
}

/// An answer that does not belong to its quiz. Nothing is graded then.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AnswerError {
    /// The quiz has no such question.
    #[error("the quiz has no question `{id}`; its questions are {}", list(.known))]
    UnknownQuestion {
        /// What was asked for.
        id: QuestionId,
        /// The quiz's questions.
        known: Vec<QuestionId>,
    },
    /// Questions were left out.
    #[error("{} no answer: {}", if .0.len() == 1 { "one question has" } else { "some questions have" }, list(.0))]
    Missing(Vec<QuestionId>),
    /// The answer's shape is another question's.
    #[error("the answer to `{id}` does not fit: it takes {takes}")]
    Misfit {
        /// The question.
        id: QuestionId,
        /// What the question takes.
        takes: String,
    },
}

fn list(ids: &[QuestionId]) -> String {
    let quoted: Vec<_> = ids.iter().map(|id| format!("`{id}`")).collect();
    quoted.join(", ")
}

/// How one answer was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graded {
    /// The question.
    pub id: QuestionId,
    /// Whether the answer is right.
    pub correct: bool,
    /// What the learner is told about the answer given, a sentence for each choice taken; Markdown.
    pub feedback: Vec<String>,
}

/// How a whole quiz was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Result {
    /// In the quiz's order.
    pub graded: Vec<Graded>,
}

impl Result {
    /// How many answers are right.
    pub fn correct(&self) -> usize {
        self.graded.iter().filter(|graded| graded.correct).count()
    }

    /// Whether at least [`PASS_PERCENT`] of the answers are right.
    pub fn passed(&self) -> bool {
        self.correct() * 100 >= self.graded.len() * PASS_PERCENT
    }
}

/// Grades answers to a whole quiz.
///
/// # Errors
/// If a question is unknown, unanswered, or answered in another kind's shape.
pub fn grade(quiz: &Quiz, answers: &Answers) -> std::result::Result<Result, AnswerError> {
    let ids = || quiz.questions.iter().map(|question| &question.id);
    if let Some(id) = answers.keys().find(|id| ids().all(|known| known != *id)) {
        return Err(AnswerError::UnknownQuestion {
            id: id.clone(),
            known: ids().cloned().collect(),
        });
    }
    let missing: Vec<_> = ids().filter(|id| !answers.contains_key(id)).collect();
    if !missing.is_empty() {
        return Err(AnswerError::Missing(missing.into_iter().cloned().collect()));
    }
    let graded = quiz
        .questions
        .iter()
        .map(|question| grade_one(question, &answers[&question.id]))
        .collect::<std::result::Result<_, _>>()?;
    Ok(Result { graded })
}

/// Grades one answer.
///
/// # Errors
/// If the answer's shape is another kind's, or names a choice that does not exist.
pub fn grade_one(question: &Question, answer: &Answer) -> std::result::Result<Graded, AnswerError> {
    let misfit = |takes: &str| AnswerError::Misfit {
        id: question.id.clone(),
        takes: takes.to_owned(),
    };
    let (correct, feedback) = match &question.kind {
        Kind::MultipleChoice { choices, .. } => {
            let chosen: BTreeSet<&str> = match answer {
                Answer::Text(text) => BTreeSet::from([text.as_str()]),
                Answer::Choices(texts) => texts.iter().map(String::as_str).collect(),
                Answer::Prints { .. } | Answer::FailsToCompile { .. } => {
                    return Err(misfit(
                        "the letter or the text of a choice, or a list of them",
                    ));
                }
            };
            if let Some(unknown) = chosen
                .iter()
                .find(|text| choices.iter().all(|choice| choice.text != **text))
            {
                return Err(misfit(&format!(
                    "the letter or the text of a choice, and \"{unknown}\" is neither"
                )));
            }
            let correct = choices
                .iter()
                .all(|choice| choice.correct == chosen.contains(choice.text.as_str()));
            let feedback = choices
                .iter()
                .filter(|choice| chosen.contains(choice.text.as_str()))
                .map(|choice| choice.feedback.clone())
                .collect();
            (correct, feedback)
        }
        Kind::ShortAnswer {
            accepted, feedback, ..
        } => {
            let Answer::Text(text) = answer else {
                return Err(misfit("a text"));
            };
            let correct = accepted.iter().any(|right| same_words(right, text));
            (correct, said_if_wrong(correct, feedback))
        }
        Kind::Tracing {
            outcome, feedback, ..
        } => {
            let correct = match (outcome, answer) {
                (Outcome::Prints(right), Answer::Prints { stdout }) => same_output(right, stdout),
                (Outcome::FailsToCompile { line: right }, Answer::FailsToCompile { line }) => {
                    right == line
                }
                (_, Answer::Prints { .. } | Answer::FailsToCompile { .. }) => false,
                (_, Answer::Text(_) | Answer::Choices(_)) => {
                    return Err(misfit(r#"{"stdout": "…"} or {"line": 3}"#));
                }
            };
            (correct, said_if_wrong(correct, feedback))
        }
    };
    Ok(Graded {
        id: question.id.clone(),
        correct,
        feedback,
    })
}

fn said_if_wrong(correct: bool, feedback: &str) -> Vec<String> {
    if correct {
        Vec::new()
    } else {
        vec![feedback.to_owned()]
    }
}

fn same_words(right: &str, given: &str) -> bool {
    let fold = |text: &str| tight(text.trim().trim_matches('`')).to_lowercase();
    fold(right) == fold(given)
}

fn same_output(right: &str, given: &str) -> bool {
    let lines = |text: &str| text.trim().lines().map(tight).collect::<Vec<_>>();
    lines(right) == lines(given)
}

/// `text` with blanks only where two words would run together: `[3, 12]` is `[3,12]`, and `3 12` is not
/// `312`. The page's script (`quiz.js`) has the same rule.
fn tight(text: &str) -> String {
    let is_word = |symbol: char| symbol.is_ascii_alphanumeric() || symbol == '_';
    text.split_whitespace()
        .fold(String::new(), |mut tight, word| {
            if tight.ends_with(is_word) && word.starts_with(is_word) {
                tight.push(' ');
            }
            tight + word
        })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const QUIZ: &str = r#"
[[questions]]
id = "several"
type = "MultipleChoice"
prompt.prompt = "Which?"
prompt.distractors = ["c"]
prompt.feedback = ["not c"]
answer.answer = ["a", "b"]
answer.feedback = ["a it is", "b too"]
context = ""

[[questions]]
id = "word"
type = "ShortAnswer"
prompt.prompt = "How many?"
prompt.feedback = "Count again."
answer.answer = "3"
answer.alternatives = ["three"]
context = ""

[[questions]]
id = "program"
type = "Tracing"
prompt.program = "fn main() {}"
prompt.feedback = "It prints."
answer.doesCompile = true
answer.stdout = "1\n2"
context = ""
"#;

    fn graded(answers: &str) -> std::result::Result<Result, AnswerError> {
        let quiz = super::super::parse(QUIZ, Path::new("x")).expect("a quiz");
        grade(&quiz, &serde_json::from_str(answers).expect("answers"))
    }

    #[test]
    fn all_right_passes() {
        let result = graded(
            r#"{"several": ["b", "a"], "word": " Three ", "program": {"stdout": "1 \r\n2\n"}}"#,
        )
        .expect("fits");
        assert_eq!(result.correct(), 3);
        assert!(result.passed());
    }

    #[test]
    fn blanks_count_only_between_two_words() {
        for (right, given) in [
            ("[3, 12, 21, 9]", "[3,12,21,9]"),
            ("[3, 12, 21, 9]", " [ 3, 12,\t21 ,9 ]\r\n"),
            ("Some(1)\n(2, 3)", "Some( 1 )\n(2,3)  \n"),
            ("a: 1", "a:1"),
        ] {
            assert!(same_output(right, given), "{right:?} {given:?}");
        }
        for (right, given) in [
            ("1 2", "12"),
            ("1\n2", "1 2"),
            ("1\n2", "12"),
            ("a b", "ab"),
        ] {
            assert!(!same_output(right, given), "{right:?} {given:?}");
        }
        assert!(same_words("Mutex<u32>", "`Mutex < U32 >`"));
        assert!(same_words("two locks", "Two  locks "));
        assert!(!same_words("two locks", "twolocks"));
    }

    #[test]
    fn a_missing_choice_is_as_wrong_as_one_too_many() {
        for several in [r#"["a"]"#, r#"["a", "b", "c"]"#, r#""c""#] {
            let answers =
                format!(r#"{{"several": {several}, "word": "3", "program": {{"line": 1}}}}"#);
            let result = graded(&answers).expect("fits");
            assert!(!result.graded[0].correct, "{several}");
            assert!(!result.passed());
        }
    }

    #[test]
    fn each_choice_taken_is_answered_with_its_feedback() {
        let result = graded(r#"{"several": ["a", "c"], "word": "4", "program": {"line": 1}}"#)
            .expect("fits");
        let mut feedback = result.graded[0].feedback.clone();
        feedback.sort();
        assert_eq!(feedback, ["a it is", "not c"]);
        assert_eq!(result.graded[1].feedback, ["Count again."]);
    }

    #[test]
    fn answers_to_another_quiz_are_refused_whole() {
        for (answers, says) in [
            (r#"{"other": "x"}"#, "no question `other`"),
            (r#"{"several": "a"}"#, "no answer: `word`, `program`"),
            (
                r#"{"several": "z", "word": "3", "program": {"line": 1}}"#,
                "\"z\" is neither",
            ),
            (
                r#"{"several": "a", "word": "3", "program": "x"}"#,
                "does not fit",
            ),
        ] {
            let error = graded(answers).unwrap_err().to_string();
            assert!(error.contains(says), "{answers}: {error}");
        }
    }
}
