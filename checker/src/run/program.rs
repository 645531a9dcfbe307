//! A compiled test file, and the world that it expects.

use std::io;
use std::path::Path;
use std::process::Command;

use rayon::prelude::*;
use record::LIMIT;
use record::misuse::MISUSE_FILE;
use record::report::{REPORT_FILE, Record};

use super::{RunError, build, printed, records};
use crate::course::Slug;
use crate::process::{self, End, Limits, Observer, Outputs, Ran as Ended, Stop, WhenSlow};
use crate::verdict::{Alone, Ran};
use crate::workshop::TEST_THREADS;

/// In the folder for the records: what the compiler made of what must not compile.
pub(super) const MISUSE: &str = "misuse.json";

/// How many seconds a test gets that has run out of time once, when it runs again for its output.
const ONCE_MORE: &str = "1";

pub(super) struct TestProgram<'a> {
    pub program: &'a Path,
    pub package: &'a Path,
    /// The folder for the records.
    pub records: &'a Path,
    pub slug: &'a Slug,
    pub limits: Limits,
    pub stop: &'a Stop,
}

impl TestProgram<'_> {
    /// Runs all tests in one process. If that dies, each test without a record runs again in a
    /// process of its own, so that one test takes no other with it, and it can be named.
    pub fn run(&self, slow: impl FnMut()) -> Result<Ran, RunError> {
        let list = self.command("list", &["--list", "--format", "terse"]);
        let list = self.supervise(list, &mut ())?;
        if list.end != End::Exited(0) {
            return Err(RunError::NoList(list.stdout));
        }
        let listed = listed(&list.stdout);
        // libtest would keep a test's output in memory, where no limit stops it.
        let all = self.command("all", &["--nocapture", "--include-ignored"]);
        let ended = self.supervise(all, &mut WhenSlow(slow))?;
        let mut ran = Ran {
            listed,
            records: self.records("all")?,
            end: ended.end,
            output: ended.stdout,
            printed: String::new(),
            alone: Vec::new(),
        };
        if matches!(ran.end, End::Exited(_) | End::Signalled(_)) {
            let (alone, records): (Vec<_>, Vec<_>) = ran
                .unreported()
                .into_par_iter()
                .map(|path| self.alone(path))
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .unzip();
            ran.records.extend(records.into_iter().flatten());
            ran.alone = alone;
        }
        ran.printed = self.printed(&ran)?;
        Ok(ran)
    }

    /// What the first test that fails prints. All of them print into one another; so if anything was
    /// printed at all, that test runs once more, alone.
    fn printed(&self, ran: &Ran) -> Result<String, RunError> {
        let printed = |output: &str| printed::by_tests(output, &ran.listed);
        if ran.alone.is_empty()
            && let Some(path) = ran.first_failing()
            && !printed(&ran.output).is_empty()
        {
            let mut command = self.command("printed", &alone(&path));
            command.env(LIMIT, ONCE_MORE);
            let ended = self.supervise(command, &mut ())?;
            return Ok(printed(&ended.stdout));
        }
        Ok(String::new())
    }

    fn alone(&self, path: String) -> Result<(Alone, Vec<Record>), RunError> {
        let name = path.replace("::", "-");
        let Ended { end, stdout, .. } =
            self.supervise(self.command(&name, &alone(&path)), &mut ())?;
        let alone = Alone {
            path,
            end,
            output: stdout,
        };
        Ok((alone, self.records(&name)?))
    }

    /// As `cargo test` would start it, with a file for the records of the run called `name`.
    fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command
            .args(arguments)
            .current_dir(self.package)
            .env("CARGO", build::cargo())
            .env("CARGO_MANIFEST_DIR", self.package)
            .env("CARGO_PKG_NAME", "exercises")
            .env("RUST_BACKTRACE", "0")
            .env(TEST_THREADS.0, TEST_THREADS.1)
            .env(MISUSE_FILE, self.records.join(MISUSE))
            .env(REPORT_FILE, self.records.join(name));
        command
    }

    fn supervise(&self, command: Command, observer: &mut impl Observer) -> Result<Ended, RunError> {
        process::run(command, self.limits, Outputs::Merged, self.stop, observer).map_err(|error| {
            match error.kind() {
                io::ErrorKind::Interrupted => RunError::Interrupted,
                _ => RunError::Io(error),
            }
        })
    }

    fn records(&self, name: &str) -> Result<Vec<Record>, RunError> {
        records::read(&self.records.join(name), self.slug).map_err(RunError::Io)
    }
}

/// What has libtest run one test, by its path.
fn alone(path: &str) -> [&str; 4] {
    ["--exact", "--nocapture", "--include-ignored", path]
}

fn listed(output: &str) -> Vec<String> {
    let names = output
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::Duration;

    use super::*;

    /// A stand-in for a test program: a script that lists two tests, then runs `body`.
    fn ran(body: &str, limit: Duration) -> Ran {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("tests.sh");
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = --list ]; then printf 'core::a: test\\ncore::b: test\\n'; exit; fi\n\
             {body}\n"
        );
        fs::write(&program, script).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("allowed");
        let tests = TestProgram {
            program: &program,
            package: folder.path(),
            records: folder.path(),
            slug: &"pool".parse().expect("a slug"),
            limits: Limits {
                time: limit,
                output: 1 << 20,
            },
            stop: &Stop::never(),
        };
        tests.run(|| ()).expect("it runs")
    }

    const LONG: Duration = Duration::from_mins(1);
    const PASSED: &str =
        r#"{"schema":1,"lesson":"pool","rung":"core","test":"a","line":3,"outcome":"passed"}"#;

    #[test]
    fn records_of_the_lesson_come_back_and_torn_ones_do_not() {
        let foreign = PASSED.replace("pool", "other");
        let torn = &PASSED[..40];
        let body = format!(
            "[ $1 = --nocapture ] || exit 0\n\
             printf '%s\\n' '{PASSED}' '{foreign}' '{torn}' >\"$COURSE_REPORT_FILE\""
        );
        let ran = ran(&body, LONG);
        assert_eq!(ran.end, End::Exited(0));
        assert_eq!(ran.listed, ["core::a", "core::b"]);
        assert_eq!(ran.records.len(), 1);
    }

    #[test]
    fn a_test_program_sees_what_cargo_would_set() {
        let ran = ran(
            "echo $CARGO_PKG_NAME; [ \"$CARGO_MANIFEST_DIR\" = \"$(pwd)\" ]",
            LONG,
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
        assert!(ran.alone.is_empty());
    }

    #[test]
    fn after_a_crash_each_test_without_a_record_runs_alone() {
        let b = PASSED.replace("\"a\"", "\"b\"");
        // The fourth argument is the test's path; with all of them, and with `a`, it dies.
        let body = format!(
            "echo dying from $4\n\
             if [ \"$4\" = core::b ]; then echo '{b}' >\"$COURSE_REPORT_FILE\"; exit; fi\n\
             kill -ABRT $$"
        );
        let ran = ran(&body, LONG);
        assert_eq!(ran.end, End::Signalled(6));
        assert_eq!(ran.records.len(), 1);
        let ends: Vec<_> = ran.alone.iter().map(|run| (&*run.path, run.end)).collect();
        assert_eq!(
            ends,
            [("core::a", End::Signalled(6)), ("core::b", End::Exited(0))]
        );
        assert!(ran.alone[0].output.contains("dying from core::a"));
    }

    /// The records of a run in which `a` fails and `b` passes.
    fn a_fails() -> String {
        let failed = PASSED.replace(
            "\"passed\"",
            r#""failed","sentence":"no","place":null,"details":[],"timeline":null"#,
        );
        let b = PASSED.replace("\"a\"", "\"b\"");
        format!("printf '%s\\n' '{failed}' '{b}' >\"$COURSE_REPORT_FILE\"")
    }

    #[test]
    fn what_the_failing_test_prints_comes_from_a_run_of_its_own() {
        // With all of them, `b` prints into what `a` prints.
        let body = format!(
            "{}\necho a may run for ${{COURSE_LIMIT-long}}\n\
             [ \"$4\" = core::a ] || echo b prints as well\n\
             echo 'test core::a ... FAILED'; exit 101",
            a_fails()
        );
        let ran = ran(&body, LONG);
        assert_eq!(ran.printed, "a may run for 1");
        assert_eq!(
            ran.records.len(),
            2,
            "the second run is for its output only"
        );
    }

    #[test]
    fn a_test_that_prints_nothing_is_not_run_again() {
        let body = format!(
            "{}\n[ \"$4\" = core::a ] && echo it ran again\n\
             echo 'test core::a ... FAILED'; exit 101",
            a_fails()
        );
        assert_eq!(ran(&body, LONG).printed, "");
    }
}
