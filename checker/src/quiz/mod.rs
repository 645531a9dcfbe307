//! Quizzes: what stands in `quiz/<slug>.toml`, and how answers are graded.
//!
//! The file format is field-compatible with mdbook-quiz (`ShortAnswer`, `Tracing`,
//! `MultipleChoice`; `prompt`, `answer`, `context`) and adds a sentence of feedback per choice.

mod answers_file;
mod grade;
mod parse;
mod receipt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use answers_file::{AnswersFileError, grade_file, template};
pub use grade::{Answer, AnswerError, Answers, Graded, PASS_PERCENT, Result, grade, grade_one};
pub use parse::{QuizError, load, parse, read};
pub use receipt::{RECEIPT, Receipt, ReceiptError, Tries};

/// A lesson's questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quiz {
    /// At least one, ids unique.
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Names the question in progress and answers files; never reused for another question.
    pub id: QuestionId,
    /// What is asked, and what counts as right.
    pub kind: Kind,
    /// The explanation that follows every answer, as Markdown.
    pub context: String,
    /// Line of the question in its file, counted from 1: for error messages.
    pub line: usize,
}

/// Names a question within its quiz.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QuestionId(pub String);

impl std::fmt::Display for QuestionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The kinds of question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// One or several of the choices are right.
    MultipleChoice {
        /// Markdown; may hold Rust fences, which `verify` compiles.
        prompt: String,
        /// In the order in which they are shown, which is stable but not the file's.
        choices: Vec<Choice>,
    },
    /// A word or a number.
    ShortAnswer {
        /// Markdown.
        prompt: String,
        /// All spellings that count as right, the canonical one first.
        accepted: Vec<String>,
        /// Said after a wrong answer.
        feedback: String,
    },
    /// What does this program do?
    Tracing {
        /// A complete Rust program.
        program: String,
        /// What the compiler, then the program does.
        outcome: Outcome,
        /// Said after a wrong answer.
        feedback: String,
    },
}

/// One choice of a multiple-choice question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Markdown; also what an answers file names it by.
    pub text: String,
    /// Whether it is (one of) the right one(s).
    pub correct: bool,
    /// What is said to whoever chose it.
    pub feedback: String,
}

/// What a traced program does. Compiled as edition 2024 with the course's crates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It compiles, ends, and prints this.
    Prints(String),
    /// The first error is on this line, counted from 1.
    FailsToCompile {
        /// Line of the first error.
        line: usize,
    },
}

impl Question {
    /// Changes when the question does, so that an answer kept by a browser is not taken for an
    /// answer to another question.
    pub fn version(&self) -> String {
        use std::fmt::Write as _;

        let digest = Sha256::digest(format!("{:?}", self.kind));
        digest[..4].iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a String takes all that is written to it");
            hex
        })
    }

    /// How many of the choices are right; `None` for questions without choices.
    pub fn correct_choices(&self) -> Option<usize> {
        match &self.kind {
            Kind::MultipleChoice { choices, .. } => {
                Some(choices.iter().filter(|choice| choice.correct).count())
            }
            Kind::ShortAnswer { .. } | Kind::Tracing { .. } => None,
        }
    }
}
