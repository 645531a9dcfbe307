//! Running exercises: cargo and processes.

mod build;
mod mirror;
mod printed;
mod program;
mod records;
pub mod reference;
mod turn;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use record::report::Outcome;
use thiserror::Error;

use crate::course::{Course, Slug, Sources, brings_back};
use crate::process::{self, Limits, Stop};
use crate::progress::BuiltFrom;
use crate::verdict::Verdict;
use build::Build;
pub use build::cargo;
use mirror::Mirror;
use program::TestProgram;
use turn::{Asked, CameTo, Finished, Turn};

/// How long a lesson's tests may run. Every test has a limit of its own; this one is for what no
/// test can see.
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
    /// They take a while.
    fn slow(&self, _lesson: &Slug) {}
    /// They have ended.
    fn ends(&self, _lesson: &Slug) {}
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
    /// Cargo gave up without a diagnostic, or the compiler with one on the machine.
    #[error("cargo cannot build the exercises. It says:\n\n{}", .0.trim_end())]
    Cargo(String),
    /// The files cannot be copied to where they are built.
    #[error("the exercises cannot be copied to where they are built")]
    Mirror(#[source] anyhow::Error),
    /// A test came to no judgement.
    #[error("the tests came to no verdict, and nothing was recorded. One says:\n\n{0}")]
    NotJudged(String),
    /// The test program cannot list its tests.
    #[error("the test program does not list its tests. It says:\n\n{}", .0.trim_end())]
    NoList(String),
    /// The system does not play along.
    #[error("the tests cannot be run")]
    Io(#[source] io::Error),
    /// The user asked to stop.
    #[error("interrupted: the tests were stopped, and nothing was recorded of them")]
    Interrupted,
}

/// A lesson's verdict, and what it is about.
#[derive(Debug)]
pub struct Run {
    /// The verdict.
    pub verdict: Verdict,
    /// The files, as they were compiled.
    pub files: BuiltFrom,
    /// Whether another process ran the tests, which this one waited for.
    pub by_another: bool,
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
    exercises_then(course, lessons, options, listener, |_, run| run.verdict)
}

/// What became of each lesson, in the order in which they were asked for.
pub type Each<T> = Vec<(Slug, Result<T, RunError>)>;

/// As [`exercises`], and hands each verdict to `then` as soon as it is there, from several threads
/// at once. Until `then` returns, no other process runs the tests of that lesson.
///
/// # Errors
/// If there is nothing to judge in any of them: see [`RunError`].
pub fn exercises_then<T: Send>(
    course: &Course,
    lessons: &[Slug],
    options: &Options,
    listener: &impl Listener,
    then: impl Fn(&Slug, Run) -> T + Sync,
) -> Result<Each<T>, RunError> {
    let mut prepared = prepare(course, lessons, options, listener)?;
    let due: BTreeMap<Slug, Sources> = prepared
        .iter()
        .filter_map(|(slug, prepared)| Some((slug.clone(), prepared.as_ref().ok()?.due()?)))
        .collect();
    let built = if due.is_empty() {
        BTreeMap::new()
    } else {
        let wait =
            || listener.cargo("Another build of the exercises is under way; waiting for it.");
        let mirror = Mirror::write(course, &due, &options.stop, wait)?;
        let note = |line: &str| listener.cargo(line);
        build::build(course, &mirror, &due, &options.stop, note)?
    };
    listener.compiled();
    let mut work = Vec::new();
    let mut built = built;
    for slug in lessons {
        if let Some(prepared) = prepared.remove(slug) {
            work.push((slug.clone(), prepared, built.remove(slug)));
        }
    }
    let judge = |(slug, prepared, built): (Slug, Result<Prepared, RunError>, Option<_>)| {
        let judged = prepared
            .and_then(|prepared| prepared.judge(course, &slug, built, options, listener))
            .map(|(run, turn)| {
                let came_to = then(&slug, run);
                drop(turn);
                came_to
            });
        listener.ends(&slug);
        (slug, judged)
    };
    let pool = pool().map_err(|error| RunError::Io(io::Error::other(error)))?;
    let judged: Vec<_> = pool.install(|| work.into_par_iter().map(judge).collect());
    if options.stop.is_wanted() || process::interrupted() {
        return Err(RunError::Interrupted);
    }
    Ok(judged)
}

/// A lesson whose turn it is.
struct Prepared {
    turn: Turn,
    sources: Sources,
    files: BuiltFrom,
    asked: Asked,
    taken_over: Option<CameTo>,
}

/// Takes the turns of `lessons` and reads their files; what is wrong with one of them stops no
/// other.
fn prepare(
    course: &Course,
    lessons: &[Slug],
    options: &Options,
    listener: &impl Listener,
) -> Result<BTreeMap<Slug, Result<Prepared, RunError>>, RunError> {
    let turns = mirror::folder(course)?.join("turns");
    // All processes take them in one order, so that no two wait for each other.
    let mut ordered = lessons.to_vec();
    ordered.sort();
    ordered.dedup();
    let mut prepared = BTreeMap::new();
    for slug in ordered {
        let wait = || {
            listener.cargo(&format!(
                "Another run of `{slug}` is under way; waiting for it."
            ));
        };
        let turn = Turn::take(&turns, &slug, &options.stop, wait)?;
        let one = Prepared::new(course, &slug, turn, options);
        prepared.insert(slug, one);
    }
    Ok(prepared)
}

impl Prepared {
    fn new(course: &Course, slug: &Slug, turn: Turn, options: &Options) -> Result<Self, RunError> {
        let sources = Sources::read(course, slug).map_err(RunError::Io)?;
        if let Some(path) = sources.missing(course, slug) {
            return Err(RunError::Missing(path));
        }
        let files = BuiltFrom::new(course, &sources).map_err(RunError::Io)?;
        let asked = Asked::of(&files, options.limit);
        Ok(Self {
            taken_over: turn.taken_over(&asked),
            turn,
            sources,
            files,
            asked,
        })
    }

    /// What is to be compiled.
    fn due(&self) -> Option<Sources> {
        self.taken_over.is_none().then(|| self.sources.clone())
    }

    fn judge(
        self,
        course: &Course,
        slug: &Slug,
        built: Option<Result<Build, RunError>>,
        options: &Options,
        listener: &impl Listener,
    ) -> Result<(Run, Turn), RunError> {
        let by_another = self.taken_over.is_some();
        let came_to = match (self.taken_over, built) {
            (Some(came_to), _) => came_to,
            (None, built) => {
                let built = built.expect("what was not taken over was built")?;
                came_to(course, slug, built, options, listener)?
            }
        };
        if !by_another {
            let finished = Finished {
                of: self.asked,
                came_to: came_to.clone(),
            };
            // It only spares others the work.
            let _ = self.turn.leave(&finished);
        }
        let came_to = if options.colour {
            came_to
        } else {
            came_to.without_colours()
        };
        let run = Run {
            verdict: came_to.verdict(),
            files: self.files,
            by_another,
        };
        Ok((run, self.turn))
    }
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

fn came_to(
    course: &Course,
    lesson: &Slug,
    build: Build,
    options: &Options,
    listener: &impl Listener,
) -> Result<CameTo, RunError> {
    let (program, misuse) = match build {
        Build::Ready(program, misuse) => (program, misuse),
        Build::DidNotCompile(error) => return Ok(CameTo::DidNotCompile(error)),
        Build::Blocked(error) => return Ok(CameTo::Blocked(error)),
    };
    listener.begins(lesson);
    let folder = tempfile::tempdir().map_err(RunError::Io)?;
    let misuse = serde_json::to_vec(&misuse).expect("plain data");
    fs::write(folder.path().join(program::MISUSE), misuse).map_err(RunError::Io)?;
    let tests = TestProgram {
        program: &program,
        package: &course.root().join("exercises"),
        records: folder.path(),
        slug: lesson,
        limits: Limits {
            time: options.limit,
            output: OUTPUT_LIMIT,
        },
        stop: &options.stop,
    };
    let ran = tests.run(|| listener.slow(lesson))?;
    if ran.listed.is_empty() {
        return Err(RunError::NoTests(course.tests_path(lesson)));
    }
    let not_judged = ran.records.iter().find_map(|record| match &record.outcome {
        Outcome::NotJudged(failure) => Some(failure.sentence.clone()),
        _ => None,
    });
    match not_judged {
        Some(sentence) => Err(RunError::NotJudged(sentence)),
        None => Ok(CameTo::Ran(ran)),
    }
}
