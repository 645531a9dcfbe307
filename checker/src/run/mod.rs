//! Running exercises: cargo and processes.

mod build;
mod program;
mod records;
pub mod reference;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use thiserror::Error;

use crate::course::{Course, Slug, brings_back};
use crate::process::{self, Limits, Stop};
use crate::verdict::Verdict;
use build::Build;
pub use build::cargo;
use program::TestProgram;

/// How long a lesson's tests may run. Every test has a limit of its own; this one is for what no
/// test can see, and leaves room for the first compile-fail case, which compiles the lesson again.
pub const TIME_LIMIT: Duration = Duration::from_mins(3);

/// How much a lesson's tests may print.
const OUTPUT_LIMIT: u64 = 16 << 20;

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a lesson's tests may run; compiling does not count.
    pub limit: Duration,
    /// Whether the compiler may use colour.
    pub colour: bool,
    /// Who may ask to stop; Ctrl-C always can.
    pub stop: Stop,
}

/// What running a lesson's tests came to.
pub type Judged = Result<Verdict, RunError>;

/// Is told how a run goes on, from several threads at once.
pub trait Listener: Sync {
    /// What cargo says that explains a wait.
    fn cargo(&self, _line: &str) {}
    /// All is compiled that can be.
    fn compiled(&self) {}
    /// The lesson's tests begin to run.
    fn begins(&self, _lesson: &Slug) {}
    /// They take a while; `first` if that is because what must not compile is compiled for the
    /// first time.
    fn slow(&self, _lesson: &Slug, _first: bool) {}
    /// They have ended.
    fn ends(&self, _lesson: &Slug, _judged: &Judged) {}
}

/// Nobody.
impl Listener for () {}

/// A run that came to no verdict. It says nothing of the learner's work.
#[derive(Debug, Error)]
pub enum RunError {
    /// The lesson has no such file.
    #[error("{} is missing; {} as it was shipped", .0.display(), brings_back(.0))]
    Missing(PathBuf),
    /// The test file holds no test.
    #[error("{} holds no test; {} as it was shipped", .0.display(), brings_back(.0))]
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

/// Compiles and runs the tests of `lessons`, all at once, and judges each. What comes back is in
/// their order.
///
/// # Errors
/// If there is nothing to judge in any of them: see [`RunError`].
pub fn exercises(
    course: &Course,
    lessons: &[Slug],
    options: &Options,
    listener: &impl Listener,
) -> Result<Vec<(Slug, Judged)>, RunError> {
    let whole: Vec<Slug> = lessons
        .iter()
        .filter(|lesson| missing(course, lesson).is_none())
        .cloned()
        .collect();
    let built = if whole.is_empty() {
        BTreeMap::new()
    } else {
        build::build(course, &whole, options.colour, &options.stop, |line| {
            listener.cargo(line);
        })?
    };
    listener.compiled();
    let judge = |lesson: &Slug| {
        let judged = match built.get(lesson) {
            Some(outcome) => exercise(course, lesson, outcome, options, listener),
            None => Err(RunError::Missing(
                missing(course, lesson).unwrap_or_default(),
            )),
        };
        listener.ends(lesson, &judged);
        (lesson.clone(), judged)
    };
    let pool = pool().map_err(|error| RunError::Io(io::Error::other(error)))?;
    let judged: Vec<(Slug, Judged)> = pool.install(|| lessons.par_iter().map(judge).collect());
    if options.stop.is_wanted() || process::interrupted() {
        return Err(RunError::Interrupted);
    }
    Ok(judged)
}

/// The threads that run test programs: more than there are cores, for most of a test's time is spent
/// waiting for what must not happen.
pub fn pool() -> Result<ThreadPool, ThreadPoolBuildError> {
    const RUNS_PER_CORE: usize = 4;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    ThreadPoolBuilder::new()
        .num_threads(cores * RUNS_PER_CORE)
        .build()
}

/// The file that the lesson lacks, if it lacks one.
fn missing(course: &Course, lesson: &Slug) -> Option<PathBuf> {
    let paths = [course.exercise_path(lesson), course.tests_path(lesson)];
    paths.into_iter().find(|path| !path.is_file())
}

fn exercise(
    course: &Course,
    lesson: &Slug,
    build: &Build,
    options: &Options,
    listener: &impl Listener,
) -> Judged {
    let program = match build {
        Build::Ready(program) => program,
        Build::DidNotCompile(error) => return Ok(Verdict::DidNotCompile(error.clone())),
        Build::Blocked(error) => return Ok(Verdict::Blocked(error.clone())),
    };
    listener.begins(lesson);
    let folder = tempfile::tempdir().map_err(RunError::Io)?;
    let first = compiles_misuse_for_the_first_time(course, lesson, program);
    let tests = TestProgram {
        program,
        package: &course.root().join("exercises"),
        records: folder.path(),
        slug: lesson,
        limits: Limits {
            time: options.limit,
            output: OUTPUT_LIMIT,
        },
        stop: &options.stop,
    };
    let ran = tests.run(|| listener.slow(lesson, first))?;
    if ran.listed.is_empty() {
        return Err(RunError::NoTests(course.tests_path(lesson)));
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
