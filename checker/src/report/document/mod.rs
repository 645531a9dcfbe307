//! Quizzes and exercises of the course, or of some lessons, in one document: for a trainer, and for
//! programs.

mod json;
mod junit;
mod markdown;

use std::time::Duration;

use serde::Serialize;

use crate::course::{ExerciseKind, Lesson};
use crate::progress::{Asked, QuizState, Time};
use crate::verdict::Verdict;

pub use json::{JSON_SCHEMA, SCHEMA, report_json};
pub use junit::report_junit;
pub use markdown::report_markdown;

/// What a report is made of.
#[derive(Debug)]
pub struct Document {
    /// When it was made.
    pub made_at: Time,
    /// Whose it is, if that was said.
    pub learner: Option<String>,
    /// In the book's order.
    pub lessons: Vec<Entry>,
    /// The receipts that were handed in and do not count.
    pub refused: Vec<RefusedReceipt>,
}

/// A quiz's receipt that does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedReceipt {
    /// Its file, as it was named.
    pub receipt: String,
    /// Where, what, and what to do.
    pub why: String,
}

/// One lesson of a report.
#[derive(Debug)]
pub struct Entry {
    /// The lesson.
    pub lesson: Lesson,
    /// What the progress log knows of its quiz.
    pub quiz: QuizState,
    /// What became of each of its questions.
    pub questions: Vec<Asked>,
    /// What its tests have just said; `None` if it has no exercise.
    pub exercise: Option<Exercise>,
}

/// What an exercise came to.
#[derive(Debug)]
pub struct Exercise {
    /// The verdict, or why there is none.
    pub came_to: Result<Verdict, String>,
    /// How many runs of its tests the progress log knows.
    pub runs: usize,
    /// Whether the same files have failed before, and pass now: a race.
    pub unsteady: bool,
    /// How long the tests ran.
    pub took: Duration,
}

impl Exercise {
    /// Whether it counts as passed.
    pub fn passed(&self) -> bool {
        matches!(self.came_to, Ok(Verdict::Passed(_))) && !self.unsteady
    }

    /// One word for what it came to, as all formats have it.
    pub fn verdict(&self) -> &'static str {
        match &self.came_to {
            Ok(Verdict::Passed(_)) if self.unsteady => "unsteady",
            Ok(Verdict::Passed(_)) => "passed",
            Ok(Verdict::NotStarted(_)) => "not_started",
            Ok(Verdict::Failed(_)) => "failed",
            Ok(Verdict::RejectedForTheWrongReason(_)) => "rejected_for_the_wrong_reason",
            Ok(Verdict::Hung(_)) => "hung",
            Ok(Verdict::Crashed(..)) => "crashed",
            Ok(Verdict::Flooded(_)) => "flooded",
            Ok(Verdict::DidNotCompile(_)) => "did_not_compile",
            Ok(Verdict::Blocked(_)) => "blocked",
            Err(_) => "not_checked",
        }
    }
}

impl Entry {
    /// Whether quiz and exercise have passed, as far as the lesson has them.
    pub fn is_complete(&self) -> bool {
        let quiz = match self.quiz {
            QuizState::Passed { .. } => true,
            // A lesson that has neither is unfinished.
            QuizState::None => self.lesson.exercise == ExerciseKind::Program,
            QuizState::NotTried | QuizState::NotPassed { .. } => false,
        };
        quiz && self.exercise.as_ref().is_none_or(Exercise::passed)
    }
}

impl Document {
    fn complete(&self) -> usize {
        let lessons = self.lessons.iter();
        lessons.filter(|entry| entry.is_complete()).count()
    }
}

/// Sentences have no code of the terminal in them; what the compiler rendered may.
fn without_control(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => {
                chars.by_ref().find(char::is_ascii_alphabetic);
            }
            '\n' | '\t' => plain.push(c),
            // Neither XML nor a reader knows what to do with these.
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests;
