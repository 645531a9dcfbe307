//! What would spoil an exercise is shown after it has passed.

use std::io::{Write as _, stderr};

use anyhow::Result;

use super::{BadUsage, warn};
use crate::course::{Course, Slug};
use crate::progress::{self, ExerciseState};
use crate::report::{self, Terminal};

/// Whether the answers to the exercise may be shown: it has passed, or the learner insists. Says
/// why if not.
pub(super) fn may_be_shown(
    course: &Course,
    slug: &Slug,
    insists: bool,
    verb: &str,
) -> Result<bool> {
    if insists {
        return Ok(true);
    }
    let overview = progress::overview(course)?;
    warn(&overview);
    let mut states = overview.lessons.iter();
    let state = states.find(|state| state.lesson.slug == *slug);
    if state.is_some_and(|state| matches!(state.exercise, ExerciseState::Passed { .. })) {
        return Ok(true);
    }
    let refusal = report::would_spoil(slug, verb, &Terminal::stdout());
    stderr().write_all(refusal.as_bytes())?;
    Ok(false)
}

/// Refuses what shows solutions where there are none.
pub(super) fn are_there(course: &Course) -> Result<()> {
    if course.has_solutions() {
        return Ok(());
    }
    let what = "the solutions are not part of this copy of the course; ask whoever gave it to you";
    Err(BadUsage(what.to_owned()).into())
}
