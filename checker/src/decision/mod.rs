//! Which pattern does a problem want? A tree of questions, in `src/decision_tree.toml`. Page, text and
//! diagram are made from it, so that none of them can contradict another.

mod parse;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use crate::course::Slug;

pub use parse::parse;

/// A question and what its answers lead to. That the tree is one, without circles and loose ends, is
/// seen to when it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Names it in a page's address.
    pub id: String,
    /// The question.
    pub asks: String,
    /// The same in the fewest words, for the diagram.
    pub short: String,
    /// What helps to answer it.
    pub help: Option<String>,
    /// At least two.
    pub answers: Vec<Answer>,
}

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// As somebody would say it.
    pub says: String,
    /// The same in the fewest words, for the diagram.
    pub short: String,
    /// What comes of it.
    pub leads_to: Node,
}

/// What an answer leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// The next question.
    Question(Question),
    /// A pattern.
    Leaf(Leaf),
}

/// The pattern to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Names it in a page's address.
    pub id: String,
    /// What it is called.
    pub pattern: String,
    /// The same in the fewest words, for the diagram.
    pub short: String,
    /// Where to learn it.
    pub lesson: Taught,
    /// Where to read on as long as that lesson is not written.
    pub meanwhile: Option<String>,
    /// Why it fits.
    pub why: String,
    /// The neighbours that do not.
    pub lost: Vec<Neighbour>,
}

/// Where a pattern is taught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taught {
    /// In this lesson, which need not be written yet.
    In(Slug),
    /// In none, for this reason.
    Nowhere(String),
}

/// A pattern that was passed over.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbour {
    /// What it is called.
    pub pattern: String,
    /// Where to learn it, if a lesson teaches it.
    pub lesson: Option<Slug>,
    /// Why it lost.
    pub because: String,
}

/// What is wrong with the file, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// Counted from 1.
    pub line: usize,
    /// One sentence.
    pub what: String,
}

/// A tree that cannot be shown.
#[derive(Debug, Error)]
#[error("{}:{}: {}", .path.display(), .flaw.line, .flaw.what)]
pub struct DecisionError {
    /// The file.
    pub path: PathBuf,
    /// The first thing that is wrong with it.
    pub flaw: Flaw,
}

impl Node {
    /// Names it in a page's address.
    pub fn id(&self) -> &str {
        match self {
            Self::Question(Question { id, .. }) | Self::Leaf(Leaf { id, .. }) => id,
        }
    }
}

impl Question {
    /// All leaves below, in the order of the answers.
    pub fn leaves(&self) -> Vec<&Leaf> {
        let mut leaves = Vec::new();
        for answer in &self.answers {
            match &answer.leads_to {
                Node::Question(question) => leaves.extend(question.leaves()),
                Node::Leaf(leaf) => leaves.push(leaf),
            }
        }
        leaves
    }
}

/// Reads the tree at `path`; errors name it as `shown`.
///
/// # Errors
/// If the file cannot be read, or holds no tree.
pub fn load(path: &Path, shown: &Path) -> Result<Question, DecisionError> {
    let failed = |flaw| DecisionError {
        path: shown.to_owned(),
        flaw,
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        failed(Flaw {
            line: 1,
            what: format!("cannot be read: {error}"),
        })
    })?;
    parse(&text).map_err(|mut flaws| failed(flaws.swap_remove(0)))
}
