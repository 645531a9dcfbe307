//! The lessons' own tests, run against a crate of other files than the learner's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use record::misuse::{CameTo, Compiled, MISUSE_FILE};
use record::report::{REPORT_FILE, Record, Rung};
use toml::{Table, Value};

use super::cargo::Built;
use super::scratch::{Scratch, dependencies, renamed};
use super::{TEST_THREADS, Workshop, run, run_until};
use crate::course::{Course, Slug, is_rust};
use crate::process::{End, Ran, Stopper};

/// How long one lesson's tests may take. Every test has a limit of its own, so only a process that
/// is stuck for good reaches this one; the first compile-fail test builds for a while.
const LIMIT: Duration = Duration::from_mins(3);

/// How often the verdicts that a run has left so far are looked at.
const GLANCE: Duration = Duration::from_millis(20);

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

/// A suite that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Holds the lessons' tests.
    binary: PathBuf,
    /// What the compiler made of what must not compile.
    misuse: Vec<Compiled>,
}

/// One run of a lesson's tests.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// All tests that the lesson has.
    pub tests: BTreeSet<TestName>,
    /// The verdicts that left the binary.
    pub records: Vec<Record>,
    /// How the run ended.
    pub ending: Ending,
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The binary ended like this.
    Ended(End),
    /// It was stopped, because one of its verdicts was enough.
    Enough,
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
        scratch.file(&format!("{verify}/tests.rs"), &self.tests(course))?;
        self.write_misuse(scratch, course)
    }

    /// The programs that must not compile are targets as well, so that cargo compiles them beside the
    /// tests and not each test in its turn.
    fn write_misuse(&self, scratch: &mut Scratch, course: &Course) -> Result<()> {
        let examples: Vec<Table> = self
            .misuse(course)?
            .into_iter()
            .map(|(file, path)| {
                Table::from_iter([
                    ("name".to_owned(), Value::from(self.misuse_target(&file))),
                    ("path".to_owned(), path.display().to_string().into()),
                    // Not linked: compiling is all that is asked.
                    ("crate-type".to_owned(), vec!["lib"].into()),
                ])
            })
            .collect();
        if examples.is_empty() {
            return Ok(());
        }
        let used = Table::from_iter([("exercises".to_owned(), renamed(&self.name, ".."))]);
        let manifest = Table::from_iter([
            ("dev-dependencies".to_owned(), used.into()),
            ("example".to_owned(), examples.into()),
        ]);
        scratch.package(&format!("{}/misuse", self.name), manifest)
    }

    /// What must not compile, as the tests name it, and where it lies.
    pub fn misuse(&self, course: &Course) -> Result<BTreeMap<String, PathBuf>> {
        let mut files = BTreeMap::new();
        for slug in self.stand_ins.keys() {
            let folder = course.compile_fail_path(slug);
            if !folder.is_dir() {
                continue;
            }
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if is_rust(&path) && !name.starts_with('.') {
                    files.insert(format!("{slug}/{name}"), path.clone());
                }
            }
        }
        Ok(files)
    }

    /// The target of the program that the tests call `file`.
    pub fn misuse_target(&self, file: &str) -> String {
        let case = file.trim_end_matches(".rs").replace('/', "-");
        format!("{}-misuse-{case}", self.name)
    }

    /// Whether the target called `name` is one of those that must not compile.
    pub fn is_misuse(&self, name: &str) -> bool {
        let rest = name.strip_prefix(&self.name);
        rest.is_some_and(|rest| rest.starts_with("-misuse-"))
    }

    /// What a build with `--tests --examples` made of this suite. `None` if its tests did not compile.
    pub fn program(&self, course: &Course, built: &Built) -> Result<Option<Program>> {
        let target = built.target(&self.test_target());
        let Some(binary) = target.and_then(|target| target.executable.clone()) else {
            return Ok(None);
        };
        let misuse = self.misuse(course)?;
        let compiled = misuse.into_keys().filter_map(|file| {
            // Nothing is known of one whose compiler was killed, and its test says so.
            let target = built.target(&self.misuse_target(&file))?;
            let words: Vec<&str> = target
                .errors
                .iter()
                .map(|error| error.rendered.as_str())
                .collect();
            let came_to = if words.is_empty() {
                CameTo::Accepted
            } else {
                CameTo::Rejected {
                    words: words.join("\n"),
                }
            };
            Some(Compiled { file, came_to })
        });
        Ok(Some(Program {
            binary,
            misuse: compiled.collect(),
        }))
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

    /// Runs the tests of the lesson `slug` in a process of their own, until one of its verdicts is
    /// `enough`.
    pub fn run(
        &self,
        program: &Program,
        workshop: &Workshop,
        folder: &Path,
        slug: &Slug,
        enough: impl Fn(&Record) -> bool,
    ) -> Result<Tried> {
        let which = [format!("{slug}::")];
        self.try_tests(program, workshop, folder, slug, &which, enough)
    }

    /// Runs one test of the lesson `slug`, named as a head names it.
    pub fn run_test(
        &self,
        program: &Program,
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
        self.try_tests(program, workshop, folder, slug, &arguments, |_| false)
    }

    fn try_tests(
        &self,
        program: &Program,
        workshop: &Workshop,
        folder: &Path,
        slug: &Slug,
        which: &[String],
        enough: impl Fn(&Record) -> bool,
    ) -> Result<Tried> {
        let package = folder.join(&self.name).join("verify");
        let temporary = |suffix: &str| {
            let mut file = tempfile::Builder::new();
            file.suffix(suffix)
                .tempfile_in(workshop.target().join("verify"))
        };
        let records = temporary(".jsonl")?;
        let misuse = temporary(".json")?;
        serde_json::to_writer(misuse.as_file(), &program.misuse)?;
        let command = || {
            let mut command = Command::new(&program.binary);
            command
                .args(which)
                .current_dir(&package)
                .env("CARGO_MANIFEST_DIR", &package)
                .env("CARGO_PKG_NAME", format!("{}-verify", self.name))
                .env("RUST_BACKTRACE", "0")
                .env(TEST_THREADS.0, TEST_THREADS.1);
            command
        };
        let mut list = command();
        list.args(["--list", "--format", "terse"]);
        let listed = run(list, LIMIT)?;
        let mut all = command();
        all.env(REPORT_FILE, records.path())
            .env(MISUSE_FILE, misuse.path());
        let ran = run_until_enough(all, records.path(), |lines| {
            records_of(lines, slug).iter().any(&enough)
        })?;
        let text = fs::read_to_string(records.path())?;
        Ok(Tried {
            tests: listed_tests(&listed.stdout, slug),
            records: records_of(&text, slug),
            ending: ran.map_or(Ending::Enough, |ran| Ending::Ended(ran.end)),
        })
    }
}

/// Runs `command`, or stops it once what it has written into the file `records` is `enough`: `None`
/// then.
fn run_until_enough(
    command: Command,
    records: &Path,
    enough: impl Fn(&str) -> bool,
) -> Result<Option<Ran>> {
    let stopper = Stopper::default();
    let stop = stopper.handle();
    let (over, is_over) = channel::<()>();
    thread::scope(|scope| {
        let running = scope.spawn(move || {
            let ran = run_until(command, LIMIT, &stop);
            drop(over);
            ran
        });
        let mut written = Growing::open(records)?;
        let mut was_enough = false;
        while is_over.recv_timeout(GLANCE) == Err(RecvTimeoutError::Timeout) {
            if !was_enough && enough(written.new_lines()?) {
                was_enough = true;
                stopper.stop();
            }
        }
        match running.join().expect("it does not panic") {
            Err(error) if was_enough && error.kind() == io::ErrorKind::Interrupted => Ok(None),
            ran => Ok(Some(ran?)),
        }
    })
}

/// A file to which lines are added.
struct Growing {
    file: File,
    text: String,
    /// What was handed out, without a line that has only begun.
    seen: usize,
}

impl Growing {
    fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            text: String::new(),
            seen: 0,
        })
    }

    fn new_lines(&mut self) -> io::Result<&str> {
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes)?;
        self.text.push_str(&String::from_utf8_lossy(&bytes));
        let begun = &self.text[self.seen..];
        let whole = begun.rfind('\n').map_or(0, |end| end + 1);
        let from = self.seen;
        self.seen += whole;
        Ok(&self.text[from..self.seen])
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
        let end = match self.ending {
            Ending::Ended(end) => end,
            Ending::Enough => return "another test's verdict was enough".to_owned(),
        };
        match end {
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
