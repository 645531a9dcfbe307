//! Compiling the lessons' tests, and telling from the compiler's messages whose fault a failure is.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use record::misuse::{CameTo, Compiled};
use serde::Deserialize;

use super::RunError;
use super::mirror::{self, Mirror};
use crate::course::{Course, Slug, Sources};
use crate::process::{self, Limits, Observer, Outputs, Stop};
use crate::verdict::CompileError;

/// What compiling came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Build {
    /// The test program, and what the compiler made of what must not compile.
    Ready(PathBuf, Vec<Compiled>),
    /// The lesson's own files are at fault.
    DidNotCompile(CompileError),
    /// A file that no lesson owns is at fault.
    Blocked(CompileError),
}

/// Compiling takes as long as it takes: on a first run, all dependencies.
const NO_LIMIT: Limits = Limits {
    time: Duration::from_hours(24),
    output: u64::MAX,
};

/// Compiles the tests of `lessons` and the programs that must not compile, all in one go, into the
/// folder that all builds share. A folder of our own would not wait for rust-analyzer's lock; but it
/// takes 20 s and 110 MB to fill, the lock is held for 0.3 s after an edit, and `cargo checker`
/// itself waits for it anyway. What cargo does meanwhile goes to `note` as far as it explains a
/// wait.
pub fn build(
    course: &Course,
    mirror: &Mirror,
    lessons: &BTreeMap<Slug, Sources>,
    stop: &Stop,
    note: impl FnMut(&str),
) -> Result<BTreeMap<Slug, Result<Build, RunError>>, RunError> {
    let mut command = Command::new(cargo());
    // In the course's folder, so that its settings for cargo hold.
    command
        .current_dir(course.root())
        .args(["build", "--keep-going", "--tests"])
        .args(["--message-format=json-diagnostic-rendered-ansi"])
        .arg("--manifest-path")
        .arg(mirror.manifest())
        .arg("--target-dir")
        .arg(mirror.target());
    for lesson in lessons.keys() {
        command.args(["--package", &mirror::package(lesson)]);
    }
    if lessons.values().any(|sources| !sources.cases().is_empty()) {
        command.arg("--examples");
    }
    let mut heard = Heard {
        messages: Messages::default(),
        stdout: Lines::default(),
        stderr: Lines::default(),
        note,
    };
    let ran =
        process::run(command, NO_LIMIT, Outputs::Apart, stop, &mut heard).map_err(|error| {
            match error.kind() {
                io::ErrorKind::Interrupted => RunError::Interrupted,
                _ => RunError::NoCargo(error),
            }
        })?;
    let judged = lessons.iter().map(|(lesson, sources)| {
        let judged = heard.messages.judge(lesson, sources);
        let judged = judged.ok_or_else(|| RunError::Cargo(ran.stderr.clone()));
        (lesson.clone(), judged)
    });
    Ok(judged.collect())
}

/// What cargo says, as it says it.
struct Heard<F> {
    messages: Messages,
    stdout: Lines,
    stderr: Lines,
    note: F,
}

impl<F: FnMut(&str)> Observer for Heard<F> {
    fn stdout(&mut self, bytes: &[u8]) {
        self.stdout.push(bytes, |line| self.messages.take(line));
    }

    fn stderr(&mut self, bytes: &[u8]) {
        self.stderr.push(bytes, |line| {
            if explains_a_wait(line) {
                (self.note)(line);
            }
        });
    }
}

/// Bytes, cut into lines.
#[derive(Default)]
struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8], mut each: impl FnMut(&str)) {
        self.begun.extend_from_slice(bytes);
        let Some(end) = self.begun.iter().rposition(|byte| *byte == b'\n') else {
            return;
        };
        let rest = self.begun.split_off(end + 1);
        let whole = std::mem::replace(&mut self.begun, rest);
        String::from_utf8_lossy(&whole).lines().for_each(&mut each);
    }
}

/// The cargo that started us, else the one in the path.
pub fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn explains_a_wait(line: &str) -> bool {
    let mut words = line.split_whitespace();
    match words.next() {
        Some("Updating" | "Downloading" | "Downloaded") => true,
        // The package cache is never locked for long.
        Some("Blocking") => !line.ends_with("package cache"),
        // The exercises are compiled every time, and in a second.
        Some("Compiling") => words
            .next()
            .is_some_and(|package| !package.starts_with("exercises")),
        _ => false,
    }
}

/// What there is to know of cargo's messages.
#[derive(Debug, Default)]
struct Messages {
    /// By package and target.
    targets: BTreeMap<(String, Target), Told>,
}

/// What cargo told of one target.
#[derive(Debug, Default)]
struct Told {
    built: Option<Artifact>,
    errors: Vec<Diagnostic>,
}

/// Cargo's own word that a target was built.
#[derive(Debug)]
struct Artifact {
    executable: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
struct Target {
    name: String,
    #[serde(default)]
    kind: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact {
        #[serde(default)]
        package_id: String,
        target: Target,
        executable: Option<PathBuf>,
    },
    #[serde(rename = "compiler-message")]
    Diagnostic {
        #[serde(default)]
        package_id: String,
        #[serde(default)]
        target: Target,
        message: Diagnostic,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Clone, Deserialize)]
struct Diagnostic {
    level: String,
    message: String,
    code: Option<Code>,
    rendered: Option<String>,
    spans: Vec<Span>,
}

#[derive(Debug, Clone, Deserialize)]
struct Code {}

#[derive(Debug, Clone, Deserialize)]
struct Span {
    file_name: PathBuf,
    line_start: usize,
    is_primary: bool,
    expansion: Option<Box<Expansion>>,
}

#[derive(Debug, Clone, Deserialize)]
struct Expansion {
    span: Span,
}

impl Messages {
    /// A build script may print what it likes in between.
    fn take(&mut self, line: &str) {
        match serde_json::from_str(line) {
            Ok(Message::Artifact {
                package_id,
                target,
                executable,
            }) => {
                let told = self.targets.entry((package_id, target)).or_default();
                told.built = Some(Artifact { executable });
            }
            Ok(Message::Diagnostic {
                package_id,
                target,
                message,
            }) if message.is_error() => {
                let told = self.targets.entry((package_id, target)).or_default();
                told.errors.push(message);
            }
            Ok(Message::Diagnostic { .. } | Message::Other) | Err(_) => {}
        }
    }

    /// `None` if cargo failed without a word of the compiler on a file: the compiler was killed, or
    /// the disk is full. That says nothing of the lesson.
    fn judge(&self, lesson: &Slug, sources: &Sources) -> Option<Build> {
        let own = format!("/lessons/{lesson}#");
        let told = |kind: &str| {
            self.targets
                .iter()
                .filter(|((package, target), _)| {
                    package.contains(&own) && target.kind.iter().any(|it| it == kind)
                })
                .map(|((_, target), told)| (target, told))
                .collect::<Vec<_>>()
        };
        let programs = told("test");
        let program = programs
            .iter()
            .find_map(|(_, told)| told.built.as_ref()?.executable.clone());
        if let Some(program) = program {
            let examples = told("example");
            let cases = sources.cases().iter().map(|case| {
                let name = mirror::case_target(&case.file);
                let (_, told) = examples.iter().find(|(target, _)| target.name == name)?;
                Some(Compiled {
                    file: case.file.clone(),
                    came_to: told.came_to()?,
                })
            });
            return Some(Build::Ready(program, cases.collect::<Option<_>>()?));
        }
        let root = mirror::root_name(lesson);
        let errors = |told: &[(&Target, &Told)]| {
            let errors = told.iter().flat_map(|(_, told)| &told.errors);
            let errors: Vec<_> = errors.map(|error| error.located(&root)).collect();
            errors.into_iter().collect::<Option<Vec<_>>>()
        };
        let own = [told("lib"), programs].concat();
        if let Some(error) = CompileError::first_of(errors(&own)?) {
            return Some(Build::DidNotCompile(error));
        }
        let others = self.targets.iter().filter(|((package, _), _)| {
            // Of other lessons, this one uses nothing that is not compiled with it.
            !package.contains("/lessons/")
        });
        let others: Vec<_> = others.map(|((_, target), told)| (target, told)).collect();
        CompileError::first_of(errors(&others)?).map(Build::Blocked)
    }
}

impl Told {
    /// `None` if nothing is known: the compiler did not come to its end.
    fn came_to(&self) -> Option<CameTo> {
        if self.built.is_some() {
            return Some(CameTo::Accepted);
        }
        let words: Vec<String> = self
            .errors
            .iter()
            .map(|error| without_colours(&error.rendered()))
            .collect();
        (!words.is_empty()).then(|| CameTo::Rejected {
            words: words.join("\n"),
        })
    }
}

impl Diagnostic {
    /// "aborting due to 2 previous errors" has no place and says nothing new.
    fn is_error(&self) -> bool {
        self.level.starts_with("error") && !self.message.starts_with("aborting due to")
    }

    fn rendered(&self) -> String {
        self.rendered
            .clone()
            .unwrap_or_else(|| self.message.clone())
    }

    /// As a learner is told it. `None` if it is none of the learner's faults: without a place and a
    /// code, the compiler tells of itself, of the linker or the disk.
    fn located(&self, root: &str) -> Option<CompileError> {
        let primary = self.spans.iter().find(|span| span.is_primary);
        let is_the_machines =
            primary.is_none() && self.code.is_none() && !self.names_a_missing_symbol();
        if is_the_machines || self.level.contains("internal compiler error") {
            return None;
        }
        let place = primary.map(Span::where_it_was_written);
        Some(CompileError {
            place: place.map(|(file, line)| match file.file_name() {
                Some(name) if name == root => (file.with_file_name("lib.rs"), line),
                _ => (file, line),
            }),
            rendered: self.rendered().replace(root, "lib.rs"),
            more: 0,
        })
    }

    /// The linker knows no places; but a function that was declared and not written is the
    /// learner's.
    fn names_a_missing_symbol(&self) -> bool {
        let says = self.rendered();
        self.message.starts_with("linking with")
            && ["undefined symbol", "undefined reference"]
                .iter()
                .any(|words| says.contains(words))
    }
}

/// Without the escape sequences that colour a terminal.
pub(super) fn without_colours(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}

impl Span {
    /// Not within a macro, but where the macro was called.
    fn where_it_was_written(&self) -> (PathBuf, usize) {
        match &self.expansion {
            Some(expansion) => expansion.span.where_it_was_written(),
            None => (self.file_name.clone(), self.line_start),
        }
    }
}

#[cfg(test)]
mod tests;
