//! Receipts of quizzes that were answered on a page without a checker behind it: read, and graded
//! again.

use std::fs;
use std::io::{Read as _, stdin};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::course::{Course, Slug};
use crate::progress::{Event, Fingerprint, QuizTry, Time, What};
use crate::quiz::{self, Answers, Quiz, Receipt, ReceiptError, Tries};

/// A receipt that was found good.
pub(super) struct Checked {
    pub slug: Slug,
    pub quiz: Quiz,
    pub fingerprint: Fingerprint,
    pub tries: Tries,
}

/// A receipt that does not count.
pub(super) struct Refused {
    /// As the user named it.
    pub path: PathBuf,
    /// Where, what, and what to do.
    pub why: ReceiptError,
}

/// Looks at each of `paths`. One that is bad keeps no other from counting.
///
/// # Errors
/// If a quiz of the course cannot be used.
pub(super) fn check_all(
    course: &Course,
    paths: &[PathBuf],
) -> Result<(Vec<Checked>, Vec<Refused>)> {
    let mut good = Vec::new();
    let mut refused = Vec::new();
    for path in paths {
        match check(course, path) {
            Ok(checked) => good.push(checked),
            Err(error) => refused.push(Refused {
                path: path.clone(),
                why: error.downcast()?,
            }),
        }
    }
    Ok((good, refused))
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

impl Checked {
    /// What the try that counts comes to.
    pub(super) fn result(&self) -> Result<quiz::Result> {
        Ok(quiz::grade(&self.quiz, &self.tries.last)?)
    }

    /// The first try and the one that counts, as the progress log has them.
    pub(super) fn events(&self) -> Result<Vec<Event>> {
        let mut tries = vec![&self.tries.first, &self.tries.last];
        tries.dedup();
        tries
            .into_iter()
            .map(|answers| self.event(answers))
            .collect()
    }

    fn event(&self, answers: &Answers) -> Result<Event> {
        let result = quiz::grade(&self.quiz, answers)?;
        Ok(Event {
            time: Time::now(),
            lesson: self.slug.clone(),
            what: What::Quiz(QuizTry::new(
                &result,
                answers.clone(),
                self.fingerprint.clone(),
            )),
        })
    }
}
