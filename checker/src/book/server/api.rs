//! `/__api`: answers in, progress out. It takes no path and runs no code.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use super::Shared;
use super::desk::DeskError;
use crate::quiz::Answers;

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
    let desk = Arc::clone(&shared);
    // Recording waits for the disk, and for another checker that may be writing.
    let outcome =
        tokio::task::spawn_blocking(move || desk.desk.record_quiz(&slug, &answers)).await;
    match outcome {
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
                DeskError::NoSuchQuiz(_) => StatusCode::NOT_FOUND,
                DeskError::Misfit(_) => StatusCode::UNPROCESSABLE_ENTITY,
                DeskError::NotRecorded(_) => StatusCode::INTERNAL_SERVER_ERROR,
            };
            refused(status, &error.to_string())
        }
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "recording failed"),
    }
}

pub(super) async fn status(State(shared): State<Arc<Shared>>) -> Response {
    let standings = tokio::task::spawn_blocking(move || shared.desk.standings()).await;
    match standings {
        Ok(Ok(lessons)) => Json(json!({ "lessons": lessons })).into_response(),
        Ok(Err(error)) => refused(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error:#}")),
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "reading the progress failed"),
    }
}

pub(super) fn refused(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "error": why }))).into_response()
}
