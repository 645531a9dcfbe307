//! The reference's run of a test, to be held against the learner's that failed.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use record::report::{PassedRun, RUNS_FILE, Record, Rung};
use record::timeline::Timeline;

use crate::course::Course;
use crate::process::{self, Limits, Outputs, Stop};

/// Compiling included, which takes a while the first time.
const LIMITS: Limits = Limits {
    time: Duration::from_mins(5),
    output: 16 << 20,
};

/// Runs the test of `record` against the reference solution; `None` if it left no run, or the course
/// has no solutions.
///
/// # Errors
/// If cargo cannot be run, or somebody asked to stop.
pub fn run_of(course: &Course, record: &Record, stop: &Stop) -> io::Result<Option<Timeline>> {
    let folder = tempfile::tempdir()?;
    let runs = folder.path().join("runs");
    process::run(
        command(course.root(), record, &runs),
        LIMITS,
        Outputs::Merged,
        stop,
        &mut (),
    )?;
    match fs::read_to_string(&runs) {
        Ok(text) => Ok(find(&text, record)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn command(root: &Path, record: &Record, runs: &Path) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(root)
        .args(["test", "--quiet", "--package", "solutions-verify"])
        .args(["--test", "solutions", "--", "--exact", "--include-ignored"])
        .args(paths(record))
        .env("RUST_BACKTRACE", "0")
        .env(RUNS_FILE, runs);
    command
}

/// What libtest may call the test: outside a rung, it counts as core.
fn paths(record: &Record) -> Vec<String> {
    let Record { lesson, test, .. } = record;
    match record.rung {
        Rung::Core => vec![
            format!("{lesson}::core::{test}"),
            format!("{lesson}::{test}"),
        ],
        Rung::Pattern => vec![format!("{lesson}::pattern::{test}")],
        Rung::Stretch => vec![format!("{lesson}::stretch::{test}")],
    }
}

fn find(text: &str, record: &Record) -> Option<Timeline> {
    let runs = text
        .lines()
        .filter_map(|line| serde_json::from_str::<PassedRun>(line).ok());
    let mut of_the_test = runs.filter(|run| {
        (&run.lesson, run.rung, &run.test) == (&record.lesson, record.rung, &record.test)
    });
    of_the_test.next().map(|run| run.timeline)
}

#[cfg(test)]
mod tests {
    use record::report::{Outcome, SCHEMA};
    use record::timeline::Unit;

    use super::*;

    fn record(rung: Rung) -> Record {
        Record {
            schema: SCHEMA,
            lesson: "pool".to_owned(),
            rung,
            test: "a".to_owned(),
            line: 1,
            outcome: Outcome::Passed,
        }
    }

    #[test]
    fn the_tests_path_is_that_of_the_merged_binary() {
        assert_eq!(paths(&record(Rung::Core)), ["pool::core::a", "pool::a"]);
        assert_eq!(paths(&record(Rung::Pattern)), ["pool::pattern::a"]);
    }

    #[test]
    fn only_the_run_of_that_test_counts_and_torn_lines_do_not() {
        let timeline = Timeline {
            title: String::new(),
            proves: String::new(),
            unit: Unit::Steps,
            lanes: Vec::new(),
            moments: Vec::new(),
            hand_overs: Vec::new(),
            at_once: None,
            level: None,
        };
        let run = PassedRun {
            lesson: "pool".to_owned(),
            rung: Rung::Core,
            test: "a".to_owned(),
            timeline: timeline.clone(),
        };
        let line = serde_json::to_string(&run).expect("plain data");
        let text = format!("{}\n{line}\n", &line[..20]);
        assert_eq!(find(&text, &record(Rung::Core)), Some(timeline));
        assert_eq!(find(&text, &record(Rung::Stretch)), None);
    }
}
