//! The verbs of the command line, a file each.

mod build;
mod check;
mod preprocess;
mod quiz;
mod serve;
mod status;
mod verify;

use anyhow::Result;
use clap::Subcommand;

use crate::course::Course;

/// What can be asked of the checker.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show which lessons are complete
    Status(status::Args),
    /// Run a lesson's tests; say what failed and why
    Check(check::Args),
    /// Answer a lesson's quiz
    Quiz(quiz::Args),
    /// Build the book and serve it, live
    Serve(serve::Args),
    /// Build the book
    Build(build::Args),
    /// Check that the course is whole (for its authors)
    Verify(verify::Args),
    /// Preprocess the book (mdBook calls this)
    #[command(hide = true)]
    Preprocess(preprocess::Args),
}

/// How a command that did its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for holds: exit code 0.
    Passed,
    /// It ran, and the answer is no: exit code 1.
    NotPassed,
}

impl Command {
    /// Runs the command on the course that the current folder lies in.
    ///
    /// # Errors
    /// If the input is bad or the world does not play along.
    pub fn run(&self) -> Result<Exit> {
        let course = Course::find(&std::env::current_dir()?)?;
        match self {
            Self::Status(args) => status::run(args, &course),
            Self::Check(args) => check::run(args, &course),
            Self::Quiz(args) => quiz::run(args, &course),
            Self::Serve(args) => serve::run(args, &course),
            Self::Build(args) => build::run(args, &course),
            Self::Verify(args) => verify::run(args, &course),
            Self::Preprocess(args) => preprocess::run(args, &course),
        }
    }
}
