//! `/__api`: answers in, progress out. It takes no path and runs no code.

use std::path::Path as FilePath;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use super::Shared;
use super::standing::Standing;
use crate::course::{Course, Slug};
use crate::progress::{self, Log, RecordError};
use crate::quiz::{Answers, QuestionId};

/// The largest body that is read: a hundred times what the longest quiz needs.
pub(super) const LARGEST_BODY: usize = 64 * 1024;

#[derive(Serialize)]
struct Recorded {
    correct: usize,
    of: usize,
    passed: bool,
}

pub(super) async fn record_quiz(
    State(shared): State<Arc<Shared>>,
    Path(slug): Path<String>,
    body: Bytes,
) -> Response {
    let recording = record(&shared, body, move |course, answers| {
        progress::record_quiz(course, &slug, answers)
    });
    let result = match recording.await {
        Ok(result) => result,
        Err(refusal) => return refusal,
    };
    shared.progress_changed();
    Json(Recorded {
        correct: result.correct(),
        of: result.graded.len(),
        passed: result.passed(),
    })
    .into_response()
}

/// Answers to questions of a lesson that came back before another's quiz.
pub(super) async fn record_review(
    State(shared): State<Arc<Shared>>,
    Path(slug): Path<String>,
    body: Bytes,
) -> Response {
    let recording = record(&shared, body, move |course, answers| {
        progress::record_review(course, &slug, answers)
    });
    match recording.await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refusal,
    }
}

/// Lets `write` record the answers in `body`.
async fn record<T: Send + 'static>(
    shared: &Shared,
    body: Bytes,
    write: impl FnOnce(&Course, &Answers) -> Result<T, RecordError> + Send + 'static,
) -> Result<T, Response> {
    let answers: Answers = serde_json::from_slice(&body)
        .map_err(|error| refused(StatusCode::BAD_REQUEST, &format!("not answers: {error}")))?;
    let root = shared.root.clone();
    // Recording waits for the disk, and for another checker that may be writing.
    let recording =
        tokio::task::spawn_blocking(move || write(&Course::find(&root)?, &answers)).await;
    let recorded =
        recording.map_err(|_| refused(StatusCode::INTERNAL_SERVER_ERROR, "recording failed"))?;
    recorded.map_err(|error| {
        let status = match error {
            RecordError::Course(_) | RecordError::Quiz(_) => StatusCode::NOT_FOUND,
            RecordError::Answer(_) => StatusCode::UNPROCESSABLE_ENTITY,
            RecordError::Log(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        refused(status, &error.to_string())
    })
}

/// What was missed at first and comes back before the quiz of a lesson: pairs of a lesson and a question
/// of it, the same as in the terminal.
pub(super) async fn missed(
    State(shared): State<Arc<Shared>>,
    Path(slug): Path<String>,
) -> Response {
    let reading = tokio::task::spawn_blocking(move || coming_back(&shared.root, &slug));
    match reading.await {
        Ok(Ok(body)) => body.into_response(),
        Ok(Err(error)) => refused(StatusCode::NOT_FOUND, &format!("{error:#}")),
        Err(_) => refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            "reading the progress failed",
        ),
    }
}

fn coming_back(root: &FilePath, slug: &str) -> anyhow::Result<Json<Vec<(Slug, QuestionId)>>> {
    let course = Course::find(root)?;
    let lesson = &course.lesson(slug)?.slug;
    let history = Log::of(&course).read()?;
    let pending = progress::pending(&course, lesson, &history.events, progress::rested());
    let pairs = pending.into_iter().flat_map(|(slug, quiz)| {
        let questions = quiz.questions.into_iter();
        questions.map(move |question| (slug.clone(), question.id))
    });
    Ok(Json(pairs.collect()))
}

pub(super) async fn status(State(shared): State<Arc<Shared>>) -> Response {
    let reading = tokio::task::spawn_blocking(move || standings(&shared));
    match reading.await {
        Ok(Ok(body)) => body.into_response(),
        Ok(Err(error)) => refused(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error:#}")),
        Err(_) => refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            "reading the progress failed",
        ),
    }
}

fn standings(shared: &Shared) -> anyhow::Result<Json<serde_json::Value>> {
    let overview = progress::overview(&Course::find(&shared.root)?)?;
    if let Some(set_aside) = overview.set_aside {
        eprintln!("warning: {set_aside}");
    }
    let live = shared.shown.borrow().exercises.clone();
    let standing = |state| Standing::of(state, live.get(&state.lesson.slug));
    let lessons: Vec<_> = overview.lessons.iter().map(standing).collect();
    Ok(Json(json!({ "lessons": lessons })))
}

pub(super) fn refused(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "error": why }))).into_response()
}
