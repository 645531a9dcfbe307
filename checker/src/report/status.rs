use std::fmt::Write as _;

use serde::Serialize;

use super::Terminal;
use super::onward::Step;
use crate::course::{ExerciseKind, Slug};
use crate::progress::{Changed, ExerciseOutcome, ExerciseState, Overview, QuizState, Time};
use crate::verdict::Rungs;

/// So many columns hold the longest word and a short one.
const LEAST_ROOM: usize = 16;

/// The version of the JSON's shape.
const SCHEMA: u32 = 2;

/// Every lesson by part, and what to do next.
pub fn status(overview: &Overview, terminal: &Terminal) -> String {
    let lessons = &overview.lessons;
    let slugs = lessons.iter().map(|state| state.lesson.slug.as_str().len());
    let slug_width = slugs.max().unwrap_or(0);
    let quizzes: Vec<String> = lessons.iter().map(|state| quiz(&state.quiz)).collect();
    let quiz_width = quizzes.iter().map(String::len).max().unwrap_or(0);

    // What does not fit stands below its column, if there is room for words.
    let column = "  x ".len() + slug_width + 2 + quiz_width + 2;
    let hang = " ".repeat(if column + LEAST_ROOM <= terminal.style.width {
        column
    } else {
        "  x ".len()
    });

    let mut shown = String::new();
    let mut part = None;
    for (state, quiz) in lessons.iter().zip(&quizzes) {
        if part != Some(&state.lesson.part) {
            if part.is_some() {
                shown.push('\n');
            }
            if let Some(title) = &state.lesson.part {
                let _ = writeln!(shown, "{}", terminal.bold(title));
            }
            part = Some(&state.lesson.part);
        }
        let mark = if state.is_complete() {
            terminal.yes()
        } else {
            terminal.open()
        };
        let line = format!(
            "  {mark} {:slug_width$}  {quiz:quiz_width$}  {}",
            state.lesson.slug,
            exercise(&state.exercise)
        );
        let _ = writeln!(shown, "{}", terminal.wrap(line.trim_end(), &hang));
    }
    let complete = lessons.iter().filter(|state| state.is_complete()).count();
    let _ = writeln!(shown, "\n{complete} of {} lessons complete", lessons.len());
    match Step::first(lessons) {
        Some(step) => {
            let next = format!("next: {}", step.in_words());
            let _ = writeln!(shown, "{}", terminal.wrap(&next, ""));
        }
        None => shown.push_str("next: nothing, you have come to the end\n"),
    }
    shown
}

fn quiz(state: &QuizState) -> String {
    match state {
        QuizState::None => String::new(),
        QuizState::NotTried => "quiz not tried".to_owned(),
        QuizState::NotPassed { score, .. } => {
            format!("quiz {} of {} right", score.correct, score.of)
        }
        QuizState::Passed { changed: false, .. } => "quiz passed".to_owned(),
        QuizState::Passed { changed: true, .. } => "quiz passed, changed since".to_owned(),
    }
}

fn exercise(state: &ExerciseState) -> String {
    match state {
        ExerciseState::None => "no exercise".to_owned(),
        ExerciseState::NotTried => "exercise not tried".to_owned(),
        ExerciseState::NotPassed { outcome, rungs, .. } => {
            format!("exercise {}", not_passed(*outcome, rungs))
        }
        ExerciseState::Unsteady { .. } => "exercise passes on some runs only".to_owned(),
        ExerciseState::Passed { rungs, changed, .. } => {
            let stretch = if rungs.stretch_passed() {
                ", with stretch"
            } else {
                ""
            };
            let changed = match changed {
                Changed::Nothing => "",
                Changed::Source => ", source changed since",
                Changed::Tests => ", tests changed since",
                Changed::Both => ", source and tests changed since",
            };
            format!("exercise passed{stretch}{changed}")
        }
    }
}

fn not_passed(outcome: ExerciseOutcome, rungs: &Rungs) -> String {
    match outcome {
        ExerciseOutcome::NotStarted => "not started".to_owned(),
        ExerciseOutcome::DidNotCompile => "does not compile".to_owned(),
        ExerciseOutcome::Hung => "hangs".to_owned(),
        ExerciseOutcome::Crashed => "crashes".to_owned(),
        ExerciseOutcome::Flooded => "prints without end".to_owned(),
        ExerciseOutcome::Passed
        | ExerciseOutcome::Failed
        | ExerciseOutcome::RejectedForTheWrongReason => format!(
            "core {} of {}, pattern {} of {}",
            rungs.core.passed, rungs.core.of, rungs.pattern.passed, rungs.pattern.of
        ),
    }
}

#[derive(Serialize)]
struct Json<'a> {
    schema: u32,
    complete: usize,
    lessons: Vec<JsonLesson<'a>>,
    next: Option<Step>,
}

#[derive(Serialize)]
struct JsonLesson<'a> {
    slug: &'a Slug,
    title: &'a str,
    part: Option<&'a str>,
    has_exercise: bool,
    complete: bool,
    stretch: bool,
    quiz: &'a QuizState,
    exercise: JsonExercise<'a>,
}

/// An exercise's state by the name of what its last run came to, as the text has it.
#[derive(Serialize)]
#[serde(untagged)]
enum JsonExercise<'a> {
    NotPassed {
        state: ExerciseOutcome,
        at: Time,
        rungs: Rungs,
    },
    Other(&'a ExerciseState),
}

impl<'a> JsonExercise<'a> {
    fn of(state: &'a ExerciseState) -> Self {
        match state {
            ExerciseState::NotPassed { at, outcome, rungs } => Self::NotPassed {
                state: *outcome,
                at: *at,
                rungs: *rungs,
            },
            other => Self::Other(other),
        }
    }
}

/// The same as [`status`] for programs: a JSON object with a `schema` number. Times are seconds
/// since 1970.
pub fn status_json(overview: &Overview) -> serde_json::Value {
    let lessons = &overview.lessons;
    let json = Json {
        schema: SCHEMA,
        complete: lessons.iter().filter(|state| state.is_complete()).count(),
        lessons: lessons
            .iter()
            .map(|state| JsonLesson {
                slug: &state.lesson.slug,
                title: &state.lesson.title,
                part: state.lesson.part.as_deref(),
                has_exercise: state.lesson.exercise == ExerciseKind::Program,
                complete: state.is_complete(),
                stretch: state.has_stretch(),
                quiz: &state.quiz,
                exercise: JsonExercise::of(&state.exercise),
            })
            .collect(),
        next: Step::first(lessons),
    };
    serde_json::to_value(json).expect("the state is plain data")
}

#[cfg(test)]
mod tests;
