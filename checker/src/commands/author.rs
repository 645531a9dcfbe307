//! Where authors go: a program of its own, so that no learner compiles what only authors need.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{BadUsage, Exit};
use crate::course::Course;
use crate::run;

/// Checks that the course is whole, for its authors.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// What `cargo author verify --help` lists
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Runs `cargo author verify` in place of this program.
///
/// # Errors
/// If the authors' part is not in this copy of the course, or cargo cannot be started.
pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    if !course.root().join("checker/author").is_dir() {
        let what = "the authors' checks are not part of this copy of the course";
        return Err(BadUsage(what.to_owned()).into());
    }
    // It takes this process' place, and so gives its own exit code.
    let error = Command::new(run::cargo())
        .current_dir(course.root())
        .args(["run", "--quiet", "--package", "author", "--", "verify"])
        .args(&args.arguments)
        .exec();
    Err(error).context("cargo cannot be started")
}
