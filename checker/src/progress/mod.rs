//! What the learner has done: an append-only log of events, and what they add up to.

mod asked;
mod event;
mod fingerprint;
mod log;
mod missed;
pub mod pristine;
mod state;

use thiserror::Error;

use crate::course::{Course, CourseError};
use crate::quiz::{self, AnswerError, Answers, QuizError};

pub use asked::{Asked, asked};
pub use event::{
    Event, ExerciseOutcome, ExerciseTry, HintTaken, QuizAnswer, QuizTry, Review, Time, What,
};
pub use fingerprint::{BuiltFrom, Fingerprint, Fingerprints};
pub use log::{History, Log, LogError, SetAside};
pub use missed::{missed, pending, record_review, rested};
pub use pristine::{PristineError, PutBack};
pub use state::{
    Changed, ExerciseState, LessonState, QuizState, Score, is_unsteady, kept_answers, lesson_state,
    level_taken, was_recorded,
};

/// How far the learner is, lesson by lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// In the book's order.
    pub lessons: Vec<LessonState>,
    /// Lines of the log that could not be read, if there were any: the learner must hear of it.
    pub set_aside: Option<SetAside>,
}

/// Why answers to a quiz were not recorded. Nothing was written.
#[derive(Debug, Error)]
pub enum RecordError {
    /// No such lesson.
    #[error(transparent)]
    Course(#[from] CourseError),
    /// The course's quiz file is missing or malformed.
    #[error(transparent)]
    Quiz(#[from] QuizError),
    /// The answers do not belong to this quiz.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The log could not be written.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Reads the log and says how far every lesson is.
///
/// # Errors
/// If the log cannot be read, or a newer checker wrote it.
pub fn overview(course: &Course) -> Result<Overview, LogError> {
    let history = Log::of(course).read()?;
    let lessons = course
        .lessons()
        .map(|lesson| {
            let now = Fingerprints::read(course, &lesson.slug);
            lesson_state(lesson, &history.events, &now)
        })
        .collect();
    Ok(Overview {
        lessons,
        set_aside: history.set_aside,
    })
}

/// Grades answers to the whole quiz of the lesson `slug` and records the try, passed or not.
///
/// # Errors
/// If the lesson is unknown, its quiz unusable, an answer does not fit, or the log cannot be
/// written. Nothing is recorded then.
pub fn record_quiz(
    course: &Course,
    slug: &str,
    answers: &Answers,
) -> Result<quiz::Result, RecordError> {
    let lesson = course.lesson(slug)?;
    let path = course.quiz_path(&lesson.slug);
    let text = quiz::read(&path)?;
    let result = quiz::grade(&quiz::parse(&text, &path)?, answers)?;
    Log::of(course).append(&Event {
        time: Time::now(),
        lesson: lesson.slug.clone(),
        what: What::Quiz(QuizTry::new(
            &result,
            answers.clone(),
            Fingerprint::of_text(&text),
        )),
    })?;
    Ok(result)
}
