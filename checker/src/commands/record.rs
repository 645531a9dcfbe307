use std::fs;
use std::io::{Read as _, Write as _, stdin, stdout};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Exit;
use crate::course::{Course, Slug};
use crate::progress::{self, Fingerprint, Log, was_recorded};
use crate::quiz::{self, Quiz, Receipt, ReceiptError, Tries};
use crate::report::{self, Terminal};

/// Records quizzes that were answered on a page without a checker behind it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files that hold what the pages gave; `-` for standard input
    #[arg(required = true)]
    receipt: Vec<PathBuf>,
}

/// A receipt that was found good.
struct Checked {
    slug: Slug,
    quiz: Quiz,
    fingerprint: Fingerprint,
    tries: Tries,
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    // All are looked at before the first is recorded.
    let checked = args.receipt.iter().map(|path| check(course, path));
    let checked = checked.collect::<Result<Vec<_>>>()?;
    let terminal = Terminal::stdout();
    let mut exit = Exit::Passed;
    for one in checked {
        let result = record(course, &one)?;
        let shown = format!(
            "{}\n{}",
            report::graded(&one.quiz, &result, &terminal),
            report::result(&one.slug, &result, &terminal)
        );
        stdout().write_all(shown.as_bytes())?;
        if !result.passed() {
            exit = Exit::NotPassed;
        }
    }
    Ok(exit)
}

fn check(course: &Course, path: &Path) -> Result<Checked> {
    let (text, path) = read(path)?;
    let receipt = Receipt::parse(&text, &path)?;
    let lesson = course
        .lesson(&receipt.lesson)
        .map_err(|error| ReceiptError::new(&path, error.to_string()))?;
    let quiz_path = course.quiz_path(&lesson.slug);
    let text = quiz::read(&quiz_path)?;
    let quiz = quiz::parse(&text, &quiz_path)?;
    let tries = receipt.tries(&quiz, &path)?;
    for answers in [&tries.first, &tries.last] {
        quiz::grade(&quiz, answers).map_err(|error| ReceiptError::new(&path, error.to_string()))?;
    }
    Ok(Checked {
        slug: lesson.slug.clone(),
        quiz,
        fingerprint: Fingerprint::of_text(&text),
        tries,
    })
}

/// The text, and what to call the file.
fn read(path: &Path) -> Result<(String, PathBuf), ReceiptError> {
    let (text, path) = if path == Path::new("-") {
        let mut text = String::new();
        let read = stdin().read_to_string(&mut text);
        (read.map(|_| text), Path::new("standard input"))
    } else {
        (fs::read_to_string(path), path)
    };
    match text {
        Ok(text) => Ok((text, path.to_owned())),
        Err(error) => Err(ReceiptError::new(path, format!("cannot be read: {error}"))),
    }
}

/// The first try and the one that counts, each once, however often the receipt comes.
fn record(course: &Course, one: &Checked) -> Result<quiz::Result> {
    let events = Log::of(course).read()?.events;
    let mut tries = vec![&one.tries.first, &one.tries.last];
    tries.dedup();
    for answers in tries {
        if !was_recorded(&events, &one.slug, answers, &one.fingerprint) {
            progress::record_quiz(course, one.slug.as_str(), answers)?;
        }
    }
    Ok(quiz::grade(&one.quiz, &one.tries.last)?)
}
