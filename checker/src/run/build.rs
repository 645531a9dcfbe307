//! Compiling a lesson's tests, and telling from the compiler's messages whose fault a failure is.

use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde::Deserialize;

use super::RunError;
use crate::course::{Course, Slug};
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

/// Compiles the tests of the lesson `slug`, into the folder that all builds share. A folder of our
/// own would not wait for rust-analyzer's lock; but it takes 20 s and 110 MB to fill, the lock is
/// held for 0.3 s after an edit, and `cargo checker` itself waits for it anyway. What cargo does meanwhile goes to `notes` as far as it
/// explains a wait.
pub fn build(
    course: &Course,
    slug: &Slug,
    colour: bool,
    notes: impl Write + Send,
) -> Result<Build, RunError> {
    let format = if colour {
        "--message-format=json-diagnostic-rendered-ansi"
    } else {
        "--message-format=json"
    };
    let mut cargo = Command::new(cargo())
        .current_dir(course.root())
        .args(["build", "--package", "exercises", "--keep-going", format])
        .args(["--test", slug.as_str()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(RunError::NoCargo)?;
    let stdout = cargo.stdout.take().expect("it is piped");
    let stderr = cargo.stderr.take().expect("it is piped");
    let (messages, words) = thread::scope(|scope| {
        let words = scope.spawn(|| pass_on(BufReader::new(stderr), notes));
        let messages = Messages::read(BufReader::new(stdout));
        (messages, words.join().expect("it does not panic"))
    });
    cargo.wait().map_err(RunError::Io)?;
    messages
        .map_err(RunError::Io)?
        .judge(slug)
        .ok_or(RunError::Cargo(words))
}

/// The cargo that started us, else the one in the path.
pub fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Passes on what explains a wait; returns everything, for when cargo fails without a diagnostic.
fn pass_on(stderr: impl BufRead, mut notes: impl Write) -> String {
    let mut all = String::new();
    for line in stderr.lines().map_while(io::Result::ok) {
        if explains_a_wait(&line) {
            // Whoever cannot be told need not wait for less.
            let _ = writeln!(notes, "{line}");
        }
        all.push_str(&line);
        all.push('\n');
    }
    all
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
    program: Option<PathBuf>,
    errors: Vec<CompileError>,
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact {
        profile: Profile,
        executable: Option<PathBuf>,
    },
    #[serde(rename = "compiler-message")]
    Diagnostic { message: Diagnostic },
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
    fn read(stdout: impl BufRead) -> io::Result<Self> {
        let mut messages = Self::default();
        for line in stdout.lines() {
            // A build script may print what it likes in between.
            let Ok(message) = serde_json::from_str(&line?) else {
                continue;
            };
            match message {
                Message::Artifact {
                    profile: Profile { test: true },
                    executable: Some(program),
                } => messages.program = Some(program),
                Message::Diagnostic { message } => messages.errors.extend(message.error()),
                Message::Artifact { .. } | Message::Other => {}
            }
        }
        Ok(messages)
    }

    /// `None` if cargo failed without a word of the compiler.
    fn judge(self, slug: &Slug) -> Option<Build> {
        if let Some(program) = self.program {
            return Some(Build::Ready(program));
        }
        let of_lesson = |error: &CompileError| match &error.place {
            Some((file, _)) => lies_in_lesson(file, slug),
            // The linker knows no places.
            None => true,
        };
        let (own, others): (Vec<_>, Vec<_>) = self.errors.into_iter().partition(of_lesson);
        let own = CompileError::first_of(own).map(Build::DidNotCompile);
        own.or_else(|| CompileError::first_of(others).map(Build::Blocked))
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
