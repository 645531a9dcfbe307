//! Running exercises: cargo and processes.

mod build;
mod capture;
mod process;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use instruments::report::{REPORT_FILE, Record};
use thiserror::Error;

use crate::course::{Course, Slug};
use crate::verdict::{Ran, Verdict};
use build::Build;
use process::{Finished, Limits, Supervised, supervise};

pub use process::End;

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
    let ran = run(
        &TestProgram {
            program: &program,
            package: &course.root().join("exercises"),
            records: &folder.path().join("records.jsonl"),
        },
        slug,
        options.limit,
        || {
            let _ = writeln!(
                notes(),
                "the tests of {slug} are still running; the first run also compiles what must not \
                 compile, which takes longer"
            );
        },
    )?;
    if ran.listed.is_empty() {
        return Err(RunError::NoTests(course.tests_path(slug)));
    }
    Ok(Verdict::of(ran))
}

/// A compiled test file, and the world it expects.
struct TestProgram<'a> {
    program: &'a Path,
    package: &'a Path,
    records: &'a Path,
}

impl TestProgram<'_> {
    /// As `cargo test` would start it, with a file for the records.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command
            .args(arguments)
            .current_dir(self.package)
            .env("CARGO", build::cargo())
            .env("CARGO_MANIFEST_DIR", self.package)
            .env("CARGO_PKG_NAME", "exercises")
            .env("RUST_BACKTRACE", "0")
            .env(REPORT_FILE, self.records);
        command
    }
}

fn run(
    tests: &TestProgram<'_>,
    slug: &Slug,
    limit: Duration,
    slow: impl FnOnce(),
) -> Result<Ran, RunError> {
    let limits = Limits {
        time: limit,
        output: OUTPUT_LIMIT,
    };
    let list = tests.command(&["--list", "--format", "terse"]);
    let list = finished(supervise(list, limits, || ()))?;
    if list.end != End::Exited(0) {
        return Err(RunError::NoList(list.output));
    }
    // libtest would keep a test's output in memory, where no limit stops it.
    let all = tests.command(&["--nocapture", "--include-ignored"]);
    let Finished { end, output } = finished(supervise(all, limits, slow))?;
    Ok(Ran {
        listed: listed(&list.output),
        records: records(tests.records, slug)?,
        end,
        output,
    })
}

fn finished(supervised: io::Result<Supervised>) -> Result<Finished, RunError> {
    match supervised.map_err(RunError::Io)? {
        Supervised::Finished(finished) => Ok(finished),
        Supervised::Interrupted => Err(RunError::Interrupted),
    }
}

fn listed(output: &str) -> Vec<String> {
    let names = output
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    names.map(str::to_owned).collect()
}

/// A torn record is none: its test then counts as one that never reported.
fn records(path: &Path, slug: &Slug) -> Result<Vec<Record>, RunError> {
    let text = match fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(RunError::Io(error)),
    };
    let records = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    Ok(records
        .filter(|record: &Record| record.lesson == slug.as_str())
        .collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A stand-in for a test program: a script that lists one test, then runs `body`.
    fn ran(body: &str, limit: Duration) -> Ran {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("tests.sh");
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = --list ]; then echo 'core::a: test'; exit; fi\n{body}\n"
        );
        fs::write(&program, script).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("allowed");
        let tests = TestProgram {
            program: &program,
            package: folder.path(),
            records: &folder.path().join("records.jsonl"),
        };
        run(&tests, &"pool".parse().expect("a slug"), limit, || ()).expect("it runs")
    }

    const PASSED: &str =
        r#"{"schema":1,"lesson":"pool","rung":"core","test":"a","line":3,"outcome":"passed"}"#;

    #[test]
    fn records_of_the_lesson_come_back_and_torn_ones_do_not() {
        let foreign = PASSED.replace("pool", "other");
        let torn = &PASSED[..40];
        let body =
            format!("printf '%s\\n' '{PASSED}' '{foreign}' '{torn}' >\"$COURSE_REPORT_FILE\"");
        let ran = ran(&body, TIME_LIMIT);
        assert_eq!(ran.end, End::Exited(0));
        assert_eq!(ran.listed, ["core::a"]);
        assert_eq!(ran.records.len(), 1);
    }

    #[test]
    fn a_test_program_sees_what_cargo_would_set() {
        let ran = ran(
            "echo $CARGO_PKG_NAME; [ \"$CARGO_MANIFEST_DIR\" = \"$(pwd)\" ]",
            TIME_LIMIT,
        );
        assert_eq!(ran.end, End::Exited(0));
        assert_eq!(ran.output, "exercises\n");
        assert_eq!(ran.records, []);
    }

    #[test]
    fn a_program_over_its_time_keeps_what_it_has_reported() {
        let body = format!("echo '{PASSED}' >\"$COURSE_REPORT_FILE\"; exec sleep 1000");
        let ran = ran(&body, Duration::from_millis(300));
        assert_eq!(ran.end, End::OutOfTime);
        assert_eq!(ran.records.len(), 1);
    }
}
