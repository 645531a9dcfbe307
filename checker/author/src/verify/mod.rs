//! Whether the course is whole: every part present, every program and every word of the compiler
//! as the text has them, every wrong solution rejected for its reason.
//!
//! A check is a module here with one function that looks at the course and returns a [`Report`].
//! [`run`] is the list of them; [`line()`] and [`summary`] say what they came to.

mod compile_fail;
mod decision;
mod fences;
mod html;
mod includes;
mod markdown;
mod parts;
mod pictures;
mod programs;
mod quiz_programs;
mod render;
mod report;
mod ship;
mod shown_errors;
mod solutions;
mod source;
mod stubs;

use std::time::{Duration, Instant};

use anyhow::Result;
use checker::course::Course;
use checker::workshop::Workshop;
use clap::ValueEnum;

pub use render::{describe, line, summary};
pub use report::Report;
pub use solutions::{Soak, check_changes};

/// What can be checked, in the order in which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Check {
    /// Every lesson has all its parts, and nothing is left over
    Parts,
    /// Every exercise as shipped compiles and fails its tests
    Stubs,
    /// Every compile-fail case compiles against the exercise as shipped
    CompileFail,
    /// Every right solution passes; every wrong one fails by the test and the sentence it names
    Solutions,
    /// Every program of a quiz prints, or fails to compile, as its question says
    QuizPrograms,
    /// Every Rust fence of a chapter or quiz compiles, or fails with the code it names
    Fences,
    /// Every program to take to work builds alone, with the dependency lines shown above it
    Ship,
    /// Every compiler error shown in a chapter is what the compiler says today
    ShownErrors,
    /// Every picture is what its worked example draws today
    Pictures,
    /// The tree of decisions is one, and its lessons are written or planned
    Decision,
    /// The built pages: ids, links, fragments, leftovers, assets, alternatives to pictures
    Html,
}

impl Check {
    /// As the command line names it.
    pub fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}

/// What a check came to, and how long it took.
#[derive(Debug)]
pub struct Checked {
    /// Which.
    pub check: Check,
    /// Its report, or why it could not be made.
    pub report: Result<Report>,
    /// How long it took, building included.
    pub took: Duration,
}

impl Checked {
    /// Whether nothing was found.
    pub fn passed(&self) -> bool {
        self.report
            .as_ref()
            .is_ok_and(|report| report.findings.is_empty())
    }
}

/// Runs one check.
pub fn run(check: Check, course: &Course, workshop: &Workshop, soak: &Soak) -> Checked {
    let start = Instant::now();
    let report = match check {
        Check::Parts => parts::check(course, workshop.mode()),
        Check::Stubs => stubs::check(course, workshop),
        Check::CompileFail => compile_fail::check(course, workshop),
        Check::Solutions => solutions::check(course, workshop, soak),
        Check::QuizPrograms => quiz_programs::check(course, workshop),
        Check::Fences => fences::check(course, workshop),
        Check::Ship => ship::check(course, workshop),
        Check::ShownErrors => shown_errors::check(course, workshop),
        Check::Pictures => pictures::check(course, workshop),
        Check::Decision => decision::check(course),
        Check::Html => html::check(course),
    };
    Checked {
        check,
        report,
        took: start.elapsed(),
    }
}
