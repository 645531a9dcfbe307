//! The lessons' own tests, run against a crate of other files than the learner's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use record::report::{REPORT_FILE, Record, Rung};
use toml::{Table, Value};

use super::scratch::{Scratch, dependencies, renamed};
use super::{TEST_THREADS, Workshop, run};
use crate::course::{Course, Slug};
use crate::process::End;

/// How long one lesson's tests may take. Every test has a limit of its own, so only a process that
/// is stuck for good reaches this one; the first compile-fail test builds for a while.
const LIMIT: Duration = Duration::from_mins(3);

/// A crate that holds one file for each of some lessons, in place of the learner's, and a binary
/// of those lessons' tests. It has the shape of `solutions` and `solutions/verify`.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The crate's name and its folder in the scratch workspace.
    pub name: String,
    /// The files that stand in for `exercises/src/<slug>.rs`, absolute.
    pub stand_ins: BTreeMap<Slug, PathBuf>,
    /// Crates needed beyond those that the exercises have.
    pub crates: Table,
}

/// A test of a lesson, as its head names it: `pattern::drop_waits`.
pub type TestName = String;

/// One run of a lesson's tests.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// All tests that the lesson has.
    pub tests: BTreeSet<TestName>,
    /// The verdicts that left the binary.
    pub records: Vec<Record>,
    /// How the binary ended.
    pub end: End,
}

impl Suite {
    /// The name of the target that holds the tests.
    pub fn test_target(&self) -> String {
        format!("{}-tests", self.name)
    }

    /// Adds both packages to `scratch`.
    pub fn write(&self, scratch: &mut Scratch, course: &Course, workshop: &Workshop) -> Result<()> {
        let mut crates = dependencies(workshop, "exercises", "dependencies")?;
        crates.extend(self.crates.clone());
        let untested = Table::from_iter([
            ("test".to_owned(), Value::from(false)),
            ("doctest".to_owned(), Value::from(false)),
        ]);
        let library = Table::from_iter([
            ("lib".to_owned(), Value::from(untested.clone())),
            ("dependencies".to_owned(), crates.into()),
        ]);
        scratch.package(&self.name, library)?;
        scratch.file(&format!("{}/src/lib.rs", self.name), &self.library(course)?)?;

        let verify = format!("{}/verify", self.name);
        // As in the exercises' own package, tests see both kinds.
        let mut used = dependencies(workshop, "exercises", "dependencies")?;
        used.extend(dependencies(workshop, "exercises", "dev-dependencies")?);
        used.insert("exercises".into(), renamed(&self.name, ".."));
        let test = Table::from_iter([
            ("name".to_owned(), Value::from(self.test_target())),
            ("path".to_owned(), "tests.rs".into()),
        ]);
        let tests = Table::from_iter([
            ("lib".to_owned(), Value::from(untested)),
            ("dev-dependencies".to_owned(), used.into()),
            ("test".to_owned(), vec![test].into()),
        ]);
        scratch.package(&verify, tests)?;
        scratch.file(&format!("{verify}/src/lib.rs"), "")?;
        scratch.file(&format!("{verify}/tests.rs"), &self.tests(course))
    }

    /// The exercises' `lib.rs`, with every lesson's module taken from elsewhere. Modules that are
    /// no lesson's (a shim that lessons share) stay what they are.
    fn library(&self, course: &Course) -> Result<String> {
        let path = course.root().join("exercises/src/lib.rs");
        let lib = fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let mut text = String::new();
        for module in modules(&lib).filter(|module| course.lesson(module).is_err()) {
            let path = course.root().join(format!("exercises/src/{module}.rs"));
            text += &module_at(&path, &format!("pub mod {module};"));
        }
        for (slug, path) in &self.stand_ins {
            text += &module_at(path, &format!("pub mod {slug};"));
        }
        Ok(text)
    }

    fn tests(&self, course: &Course) -> String {
        let slugs = self.stand_ins.keys();
        slugs
            .map(|slug| module_at(&course.tests_path(slug), &format!("mod {slug};")))
            .collect()
    }

    /// Runs the tests of the lesson `slug` in a process of their own.
    pub fn run(
        &self,
        binary: &Path,
        workshop: &Workshop,
        folder: &Path,
        slug: &Slug,
    ) -> Result<Tried> {
        self.try_tests(binary, workshop, folder, slug, &[format!("{slug}::")])
    }

    /// Runs one test of the lesson `slug`, named as a head names it.
    pub fn run_test(
        &self,
        binary: &Path,
        workshop: &Workshop,
        folder: &Path,
        slug: &Slug,
        test: &str,
    ) -> Result<Tried> {
        let mut arguments = vec!["--exact".to_owned(), format!("{slug}::{test}")];
        // A test outside a rung counts as core.
        if let Some(bare) = test.strip_prefix("core::") {
            arguments.push(format!("{slug}::{bare}"));
        }
        self.try_tests(binary, workshop, folder, slug, &arguments)
    }

    fn try_tests(
        &self,
        binary: &Path,
        workshop: &Workshop,
        folder: &Path,
        slug: &Slug,
        which: &[String],
    ) -> Result<Tried> {
        let package = folder.join(&self.name).join("verify");
        let records = tempfile::Builder::new()
            .suffix(".jsonl")
            .tempfile_in(workshop.target().join("verify"))?;
        let command = || {
            let mut command = Command::new(binary);
            command
                .args(which)
                .current_dir(&package)
                .env(
                    "CARGO",
                    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
                )
                .env("CARGO_MANIFEST_DIR", &package)
                .env("CARGO_PKG_NAME", format!("{}-verify", self.name))
                .env("CARGO_TARGET_DIR", workshop.target())
                .env("RUST_BACKTRACE", "0")
                .env(TEST_THREADS.0, TEST_THREADS.1);
            command
        };
        let mut list = command();
        list.args(["--list", "--format", "terse"]);
        let listed = run(list, LIMIT)?;
        let mut all = command();
        all.env(REPORT_FILE, records.path());
        let ran = run(all, LIMIT)?;
        let text = fs::read_to_string(records.path())?;
        Ok(Tried {
            tests: listed_tests(&listed.stdout, slug),
            records: records_of(&text, slug),
            end: ran.end,
        })
    }
}

impl Tried {
    /// The verdict on the test called `name`, if it got that far. A test that both passed and failed
    /// has failed.
    pub fn record(&self, name: &str) -> Option<&Record> {
        let named = || {
            let records = self.records.iter();
            records.filter(|record| test_name(record) == name)
        };
        let failed = named().find(|record| record.outcome.failure().is_some());
        failed.or_else(|| named().next())
    }

    /// What to say of a test that left no verdict.
    pub fn why_no_verdict(&self) -> String {
        match self.end {
            End::OutOfTime => format!(
                "the tests were killed after {} s before it had a verdict",
                LIMIT.as_secs()
            ),
            End::TooMuchOutput => {
                "the tests were killed because they print without end, before it had a verdict"
                    .to_owned()
            }
            End::Signalled(signal) => {
                format!("the tests were ended by signal {signal} before it had a verdict")
            }
            End::Exited(code) => format!(
                "the tests ended with exit code {code} and it left no verdict; does its body run \
                 in `instruments::test`?"
            ),
        }
    }
}

/// How a head names the test of `record`.
pub fn test_name(record: &Record) -> TestName {
    let rung = match record.rung {
        Rung::Core => "core",
        Rung::Pattern => "pattern",
        Rung::Stretch => "stretch",
    };
    format!("{rung}::{}", record.test)
}

/// A module whose file lies at `path`.
fn module_at(path: &Path, declaration: &str) -> String {
    let path = path.to_string_lossy();
    format!("#[path = {path:?}]\n{declaration}\n")
}

/// The modules that a `lib.rs` declares in files of their own.
pub fn modules(lib: &str) -> impl Iterator<Item = &str> {
    lib.lines().filter_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("pub ").unwrap_or(line);
        line.strip_prefix("mod ")?.strip_suffix(';')
    })
}

fn listed_tests(listing: &str, slug: &Slug) -> BTreeSet<TestName> {
    listing
        .lines()
        .filter_map(|line| {
            line.strip_suffix(": test")?
                .strip_prefix(slug.as_str())?
                .strip_prefix("::")
        })
        .map(|name| match name.split_once("::") {
            Some(("core" | "pattern" | "stretch", _)) => name.to_owned(),
            _ => format!("core::{name}"),
        })
        .collect()
}

/// A line that was torn when its process was killed is no verdict.
fn records_of(text: &str, slug: &Slug) -> Vec<Record> {
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|record: &Record| record.lesson == slug.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug() -> Slug {
        "worker_pool".parse().expect("a slug")
    }

    #[test]
    fn tests_outside_a_rung_are_core() {
        let listing = "worker_pool::pattern::drop_waits: test\nworker_pool::adds_up: test\n\
                       other::core::x: test\n\n3 tests, 0 benchmarks\n";
        let names: Vec<_> = listed_tests(listing, &slug()).into_iter().collect();
        assert_eq!(names, ["core::adds_up", "pattern::drop_waits"]);
    }

    #[test]
    fn torn_lines_and_other_lessons_are_no_verdicts() {
        let text = r#"{"schema":1,"lesson":"worker_pool","rung":"core","test":"a","line":1,"outcome":"passed"}
{"schema":1,"lesson":"other","rung":"core","test":"a","line":1,"outcome":"passed"}
{"schema":1,"lesson":"worker_pool","ru"#;
        let records = records_of(text, &slug());
        assert_eq!(records.len(), 1);
        assert_eq!(test_name(&records[0]), "core::a");
    }

    #[test]
    fn modules_are_read_off_a_lib() {
        let lib = "//! docs\npub mod worker_pool;\nmod sync;\npub mod inline {\n}\n";
        assert_eq!(modules(lib).collect::<Vec<_>>(), ["worker_pool", "sync"]);
    }
}
