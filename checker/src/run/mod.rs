//! Running exercises: cargo and processes.

mod build;
mod program;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::course::{Course, Slug};
use crate::process::Limits;
use crate::verdict::Verdict;
use build::Build;
use program::TestProgram;

/// How long a lesson's tests may run. Every test has a limit of its own; this one is for what no
/// test can see, and leaves room for the first compile-fail case, which compiles the lesson again.
pub const TIME_LIMIT: Duration = Duration::from_mins(3);

/// How much a lesson's tests may print.
const OUTPUT_LIMIT: u64 = 16 << 20;

/// How to run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How long the tests may run; compiling does not count.
    pub limit: Duration,
    /// Whether the compiler may use colour.
    pub colour: bool,
}

/// A run that came to no verdict. It says nothing of the learner's work.
#[derive(Debug, Error)]
pub enum RunError {
    /// The lesson has no such file.
    #[error("{path} is missing; `git checkout {path}` brings it back as it was shipped", path = .0.display())]
    Missing(PathBuf),
    /// The test file holds no test.
    #[error("{path} holds no test; `git checkout {path}` brings back what was shipped", path = .0.display())]
    NoTests(PathBuf),
    /// There is no cargo to be found.
    #[error("cargo cannot be started: is Rust installed, and is `cargo` in the PATH?")]
    NoCargo(#[source] io::Error),
    /// Cargo gave up without a diagnostic.
    #[error("cargo cannot build the exercises. It says:\n\n{}", .0.trim_end())]
    Cargo(String),
    /// The test program cannot list its tests.
    #[error("the test program does not list its tests. It says:\n\n{}", .0.trim_end())]
    NoList(String),
    /// The system does not play along.
    #[error("the tests cannot be run")]
    Io(#[source] io::Error),
    /// The user asked to stop.
    #[error("interrupted: the tests were stopped, and nothing was recorded")]
    Interrupted,
}

/// Compiles and runs the tests of the lesson `slug` and judges the outcome. What explains a wait
/// goes to `notes`.
///
/// # Errors
/// If there is nothing to judge: see [`RunError`].
pub fn exercise<N>(
    course: &Course,
    slug: &Slug,
    options: Options,
    notes: impl Fn() -> N,
) -> Result<Verdict, RunError>
where
    N: Write + Send,
{
    for path in [course.exercise_path(slug), course.tests_path(slug)] {
        if !path.is_file() {
            return Err(RunError::Missing(path));
        }
    }
    let program = match build::build(course, slug, options.colour, notes())? {
        Build::Ready(program) => program,
        Build::DidNotCompile(error) => return Ok(Verdict::DidNotCompile(error)),
        Build::Blocked(error) => return Ok(Verdict::Blocked(error)),
    };
    let folder = tempfile::tempdir().map_err(RunError::Io)?;
    let compiles_misuse = compiles_misuse_for_the_first_time(course, slug, &program);
    let tests = TestProgram {
        program: &program,
        package: &course.root().join("exercises"),
        records: folder.path(),
        slug,
        limits: Limits {
            time: options.limit,
            output: OUTPUT_LIMIT,
        },
    };
    let ran = tests.run(|| {
        let why = if compiles_misuse {
            "; this first run also compiles what must not compile, which takes longer"
        } else {
            ""
        };
        let _ = writeln!(notes(), "the tests of {slug} are still running{why}");
    })?;
    if ran.listed.is_empty() {
        return Err(RunError::NoTests(course.tests_path(slug)));
    }
    Ok(Verdict::of(ran))
}

/// Where the instruments compile a lesson's misuse: below the folder that cargo gives to the tests
/// of the target folder that `program` lies in.
fn compiles_misuse_for_the_first_time(course: &Course, slug: &Slug, program: &Path) -> bool {
    // target/debug/deps/<program>
    let Some(target) = program.ancestors().nth(3) else {
        return false;
    };
    let compiled = target.join("tmp/compile_fail/exercises");
    course.compile_fail_path(slug).is_dir() && !compiled.join(slug.as_str()).exists()
}
