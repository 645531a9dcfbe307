//! Compiling the lessons' tests, and telling from the compiler's messages whose fault a failure is.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use super::RunError;
use crate::course::{Course, Slug};
use crate::process::{self, Limits, Observer, Outputs, Stop};
use crate::verdict::CompileError;

/// What compiling came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Build {
    /// The test program.
    Ready(PathBuf),
    /// The lesson's own files are at fault.
    DidNotCompile(CompileError),
    /// Another lesson's file, or one that all share, is at fault.
    Blocked(CompileError),
}

/// Compiling takes as long as it takes: on a first run, all dependencies.
const NO_LIMIT: Limits = Limits {
    time: Duration::from_hours(24),
    output: u64::MAX,
};

/// Compiles the tests of `lessons`, into the folder that all builds share, and goes on after an
/// error as far as cargo can. A folder of our own would not wait for rust-analyzer's lock; but it
/// takes 20 s and 110 MB to fill, the lock is held for 0.3 s after an edit, and `cargo checker`
/// itself waits for it anyway. What cargo does meanwhile goes to `note` as far as it explains a
/// wait.
pub fn build(
    course: &Course,
    lessons: &[Slug],
    colour: bool,
    stop: &Stop,
    note: impl FnMut(&str),
) -> Result<BTreeMap<Slug, Build>, RunError> {
    let format = if colour {
        "--message-format=json-diagnostic-rendered-ansi"
    } else {
        "--message-format=json"
    };
    let mut command = Command::new(cargo());
    command.current_dir(course.root()).args([
        "build",
        "--package",
        "exercises",
        "--keep-going",
        format,
    ]);
    for lesson in lessons {
        command.args(["--test", lesson.as_str()]);
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
    let judged = lessons
        .iter()
        .map(|lesson| Some((lesson.clone(), heard.messages.judge(lesson)?)));
    judged
        .collect::<Option<_>>()
        .ok_or(RunError::Cargo(ran.stderr))
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
        Some("Compiling") => words.next() != Some("exercises"),
        _ => false,
    }
}

/// What there is to know of cargo's messages.
#[derive(Debug, Default)]
struct Messages {
    /// By target.
    programs: BTreeMap<String, PathBuf>,
    errors: Vec<Located>,
}

/// An error, and the target that it was met in.
#[derive(Debug, Clone)]
struct Located {
    target: String,
    error: CompileError,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact {
        target: Target,
        profile: Profile,
        executable: Option<PathBuf>,
    },
    #[serde(rename = "compiler-message")]
    Diagnostic {
        #[serde(default)]
        target: Target,
        message: Diagnostic,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    message: String,
    rendered: Option<String>,
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    file_name: PathBuf,
    line_start: usize,
    is_primary: bool,
    expansion: Option<Box<Expansion>>,
}

#[derive(Deserialize)]
struct Expansion {
    span: Span,
}

impl Messages {
    /// A build script may print what it likes in between.
    fn take(&mut self, line: &str) {
        match serde_json::from_str(line) {
            Ok(Message::Artifact {
                target,
                profile: Profile { test: true },
                executable: Some(program),
            }) => {
                self.programs.insert(target.name, program);
            }
            Ok(Message::Diagnostic { target, message }) => {
                let error = message.error();
                self.errors.extend(error.map(|error| Located {
                    target: target.name,
                    error,
                }));
            }
            Ok(Message::Artifact { .. } | Message::Other) | Err(_) => {}
        }
    }

    /// `None` if cargo failed without a word of the compiler.
    fn judge(&self, lesson: &Slug) -> Option<Build> {
        if let Some(program) = self.programs.get(lesson.as_str()) {
            return Some(Build::Ready(program.clone()));
        }
        let is_own = |located: &&Located| match &located.error.place {
            Some((file, _)) => lies_in_lesson(file, lesson),
            // The linker knows no places.
            None => located.target == lesson.as_str(),
        };
        // Another lesson's tests stop nobody but that lesson.
        let blocks = |located: &&Located| match &located.error.place {
            Some((file, _)) => !file.starts_with("exercises/tests"),
            None => true,
        };
        let (own, others): (Vec<_>, Vec<_>) = self.errors.iter().partition(is_own);
        let errors =
            |located: Vec<&Located>| located.into_iter().map(|one| one.error.clone()).collect();
        let own = CompileError::first_of(errors(own)).map(Build::DidNotCompile);
        let others = others.into_iter().filter(blocks).collect();
        own.or_else(|| CompileError::first_of(errors(others)).map(Build::Blocked))
    }
}

fn lies_in_lesson(file: &Path, slug: &Slug) -> bool {
    file == Path::new("exercises/src").join(format!("{slug}.rs"))
        || file == Path::new("exercises/tests").join(format!("{slug}.rs"))
}

impl Diagnostic {
    fn error(self) -> Option<CompileError> {
        // "aborting due to 2 previous errors" has no place and says nothing new.
        if self.level != "error" || self.message.starts_with("aborting due to") {
            return None;
        }
        let primary = self.spans.into_iter().find(|span| span.is_primary);
        Some(CompileError {
            place: primary.map(Span::where_it_was_written),
            rendered: self.rendered.unwrap_or(self.message),
            more: 0,
        })
    }
}

impl Span {
    /// Not within a macro, but where the macro was called.
    fn where_it_was_written(self) -> (PathBuf, usize) {
        match self.expansion {
            Some(expansion) => expansion.span.where_it_was_written(),
            None => (self.file_name, self.line_start),
        }
    }
}

#[cfg(test)]
mod tests;
