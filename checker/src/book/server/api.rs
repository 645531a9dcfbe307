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
use crate::course::Course;
use crate::progress::{self, RecordError};
use crate::quiz::{self, Answers};

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
    let answers: Answers = match serde_json::from_slice(&body) {
        Ok(answers) => answers,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &format!("not answers: {error}")),
    };
    let root = shared.root.clone();
    // Recording waits for the disk, and for another checker that may be writing.
    let recording = tokio::task::spawn_blocking(move || record(&root, &slug, &answers));
    match recording.await {
        Ok(Ok(result)) => {
            shared.progress_changed();
            Json(Recorded {
                correct: result.correct(),
                of: result.graded.len(),
                passed: result.passed(),
            })
            .into_response()
        }
        Ok(Err(error)) => {
            let status = match error {
                RecordError::Course(_) | RecordError::Quiz(_) => StatusCode::NOT_FOUND,
                RecordError::Answer(_) => StatusCode::UNPROCESSABLE_ENTITY,
                RecordError::Log(_) => StatusCode::INTERNAL_SERVER_ERROR,
            };
            refused(status, &error.to_string())
        }
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "recording failed"),
    }
}

fn record(root: &FilePath, slug: &str, answers: &Answers) -> Result<quiz::Result, RecordError> {
    progress::record_quiz(&Course::find(root)?, slug, answers)
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
