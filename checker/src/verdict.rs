//! What a run of an exercise comes to: pure judgement.

mod crash;
mod ladder;

use std::path::PathBuf;

use record::report::{Outcome, Record};
use serde::{Deserialize, Serialize};

use crate::process::End;

pub use crash::{Crash, Words};
pub use ladder::{Report, Rungs, Tally};

/// The judgement on an exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Core and pattern hold; stretch may not.
    Passed(Report),
    /// All that the core tests reach is a `todo!()`.
    NotStarted(Report),
    /// Something does not hold.
    Failed(Report),
    /// A misuse is rejected, but not for its reason.
    RejectedForTheWrongReason(Report),
    /// Something never came to an end.
    Hung(Report),
    /// The test program ended before all its tests had reported, or against what they reported.
    Crashed(Report, End),
    /// The test program printed without end.
    Flooded(Report),
    /// The lesson's files do not compile.
    DidNotCompile(CompileError),
    /// A file that is not the lesson's does not compile, so nothing is known of this lesson.
    Blocked(CompileError),
}

/// What is known of a test program that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    /// Its tests by path: `core::every_job_hands_back_its_result`.
    pub listed: Vec<String>,
    /// What its tests reported.
    pub records: Vec<Record>,
    /// How it ended.
    pub end: End,
    /// What it printed.
    pub output: String,
    /// What the first test that fails printed when it ran alone; empty if that is nothing.
    pub printed: String,
    /// The tests that were run again, each in a process of its own, because the program died before
    /// they had reported.
    pub alone: Vec<Alone>,
}

/// A test that was run in a process of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alone {
    /// The test, by path.
    pub path: String,
    /// How its process ended.
    pub end: End,
    /// What its process printed.
    pub output: String,
}

impl Ran {
    /// The first test of the lowest rung that ran and does not hold, by path.
    pub fn first_failing(&self) -> Option<String> {
        let failed = self
            .records
            .iter()
            .filter(|one| one.outcome != Outcome::Passed);
        let first = failed.min_by_key(|one| (one.rung, one.line))?;
        if !matches!(
            first.outcome,
            Outcome::Failed(_) | Outcome::Deadlocked(_) | Outcome::TimedOut(_)
        ) {
            return None;
        }
        let is_first =
            |path: &&String| ladder::rung_and_name(path) == (first.rung, first.test.clone());
        self.listed.iter().find(is_first).cloned()
    }

    /// The tests that left no record, by path.
    pub fn unreported(&self) -> Vec<String> {
        let has_record = |path: &&String| {
            let (rung, test) = ladder::rung_and_name(path);
            let mut records = self.records.iter();
            records.any(|record| record.rung == rung && record.test == test)
        };
        let listed = self.listed.iter();
        listed.filter(|path| !has_record(path)).cloned().collect()
    }
}

/// What the compiler objects to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompileError {
    /// File, relative to the course, and line, if the compiler names one.
    pub place: Option<(PathBuf, usize)>,
    /// The first error, in the compiler's words.
    pub rendered: String,
    /// How many errors follow.
    pub more: usize,
}

impl CompileError {
    /// The first of several, with the others counted.
    pub fn first_of(errors: Vec<Self>) -> Option<Self> {
        let more = errors.len().saturating_sub(1);
        let first = errors.into_iter().next()?;
        Some(Self { more, ..first })
    }
}

impl Verdict {
    /// Judges a run.
    pub fn of(ran: Ran) -> Self {
        let end = ran.end;
        let report = Report::new(ran);
        let first = report.first_failure().map(|record| &record.outcome);
        let all_passed = report
            .records
            .iter()
            .all(|record| record.outcome == Outcome::Passed);
        // libtest's code for "a test failed".
        let agrees = end == End::Exited(if all_passed { 0 } else { 101 });
        match (end, first) {
            (End::TooMuchOutput, _) => Self::Flooded(report),
            (End::OutOfTime, _) => Self::Hung(report),
            _ if !report.unreported.is_empty() || !agrees => Self::Crashed(report, end),
            (_, Some(Outcome::NotWritten(_))) if report.core_is_unwritten() => {
                Self::NotStarted(report)
            }
            (_, Some(_)) if report.rungs().complete() => Self::Passed(report),
            (_, None | Some(Outcome::Passed)) => Self::Passed(report),
            // Whoever runs the tests says so before they ask for a verdict.
            (_, Some(Outcome::NotWritten(_) | Outcome::Failed(_) | Outcome::NotJudged(_))) => {
                Self::Failed(report)
            }
            (_, Some(Outcome::Deadlocked(_) | Outcome::TimedOut(_))) => Self::Hung(report),
            (_, Some(Outcome::RejectedForTheWrongReason(_))) => {
                Self::RejectedForTheWrongReason(report)
            }
        }
    }

    /// The tests, if any ran.
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Passed(report)
            | Self::NotStarted(report)
            | Self::Failed(report)
            | Self::RejectedForTheWrongReason(report)
            | Self::Hung(report)
            | Self::Crashed(report, _)
            | Self::Flooded(report) => Some(report),
            Self::DidNotCompile(_) | Self::Blocked(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
