//! How far the learner is, as a page shows it.

use serde::Serialize;

use super::{Live, verdict};
use crate::course::Slug;
use crate::progress::{Changed, ExerciseState, LessonState, QuizState, Time};

/// How far the learner is with one lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Standing<'a> {
    slug: &'a Slug,
    /// In the table of contents.
    mark: Option<Mark>,
    /// Whether something of it is left to do.
    todo: bool,
    /// In the course map, of quiz and exercise: in a word or two, and whether it has passed.
    cells: [(String, bool); 2],
    /// When the quiz passed, or was tried last. The page writes it as the reader's clock has it, in
    /// the place of `{date}` in the note.
    at: Option<Time>,
    /// Said at the quiz; plain text.
    note: String,
    /// Said at the exercise; plain text.
    exercise: String,
    /// What saving the exercise has led to, if it was saved while the server runs and no run is under
    /// way.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<Verdict>,
}

/// How a lesson is marked in the table of contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum Mark {
    /// The lesson is complete.
    #[serde(rename = "done")]
    Done,
    /// Either its quiz or its exercise has passed.
    #[serde(rename = "half done")]
    Half,
}

/// What a run of the exercise's tests came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Verdict {
    passed: bool,
    html: String,
}

impl<'a> Standing<'a> {
    pub(super) fn of(state: &'a LessonState, live: Option<&Live>) -> Self {
        let slug = &state.lesson.slug;
        let complete = state.is_complete();
        let (at, quiz) = quiz(&state.quiz);
        let known = exercise(&state.exercise);
        let rest = if complete {
            format!("This lesson is complete.{}", since(&state.exercise))
        } else {
            known.clone()
        };
        let cells = [quiz_cell(&state.quiz), exercise_cell(&state.exercise)];
        let mark = match (complete, cells.iter().any(|(_, passed)| *passed)) {
            (true, _) => Some(Mark::Done),
            (false, true) => Some(Mark::Half),
            (false, false) => None,
        };
        let (exercise, live) = match live {
            None if state.exercise == ExerciseState::None => (String::new(), None),
            None => {
                let hint =
                    format!("Save exercises/src/{slug}.rs, and what its tests say appears here.");
                (format!("{known} {hint}"), None)
            }
            Some(Live::Checking) => ("Its tests run …".to_owned(), None),
            Some(Live::Checked(shown)) => {
                let verdict = Verdict {
                    passed: shown.passed,
                    html: verdict::html(shown),
                };
                (verdict::line(shown), Some(verdict))
            }
        };
        Self {
            slug,
            mark,
            todo: !complete,
            cells,
            at,
            note: format!("{quiz} {rest}").trim().to_owned(),
            exercise,
            live,
        }
    }
}

fn quiz_cell(state: &QuizState) -> (String, bool) {
    match state {
        QuizState::None | QuizState::NotTried => ("–".to_owned(), false),
        QuizState::NotPassed { score, .. } | QuizState::Passed { score, .. } => {
            let passed = matches!(state, QuizState::Passed { .. });
            (format!("{} of {}", score.correct, score.of), passed)
        }
    }
}

fn exercise_cell(state: &ExerciseState) -> (String, bool) {
    let words = match state {
        ExerciseState::None | ExerciseState::NotTried => "–".to_owned(),
        ExerciseState::NotPassed { rungs, .. } => {
            let (core, pattern) = (rungs.core, rungs.pattern);
            format!(
                "{} of {}",
                core.passed + pattern.passed,
                core.of + pattern.of
            )
        }
        ExerciseState::Unsteady { .. } => "a race".to_owned(),
        ExerciseState::Passed { rungs, .. } if rungs.stretch_passed() => "passed +".to_owned(),
        ExerciseState::Passed { .. } => "passed".to_owned(),
    };
    (words, matches!(state, ExerciseState::Passed { .. }))
}

fn quiz(state: &QuizState) -> (Option<Time>, String) {
    match *state {
        QuizState::None | QuizState::NotTried => (None, String::new()),
        QuizState::NotPassed { at, score } => (
            Some(at),
            format!(
                "Your last try was on {{date}}: {} of {}, not passed yet.",
                score.correct, score.of
            ),
        ),
        QuizState::Passed { at, score, changed } => (
            Some(at),
            format!(
                "You passed this quiz on {{date}} with {} of {}.{}",
                score.correct,
                score.of,
                if changed {
                    " It has changed since."
                } else {
                    ""
                }
            ),
        ),
    }
}

fn exercise(state: &ExerciseState) -> String {
    match state {
        ExerciseState::None => String::new(),
        ExerciseState::NotTried => "The exercise is still to do.".to_owned(),
        ExerciseState::NotPassed { rungs, .. } => {
            let (core, pattern) = (rungs.core, rungs.pattern);
            format!(
                "The exercise does not pass yet: core {} of {}, pattern {} of {}.",
                core.passed, core.of, pattern.passed, pattern.of
            )
        }
        ExerciseState::Unsteady { .. } => {
            "The exercise has passed and failed with the same code, so it holds a race.".to_owned()
        }
        ExerciseState::Passed { .. } => format!("The exercise has passed.{}", since(state)),
    }
}

fn since(state: &ExerciseState) -> &'static str {
    match state {
        ExerciseState::Passed { changed, .. } => match changed {
            Changed::Nothing => "",
            Changed::Source => " Your code has changed since it passed.",
            Changed::Tests => " The exercise's tests have changed since it passed.",
            Changed::Both => " Your code and the exercise's tests have changed since it passed.",
        },
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::{ExerciseKind, Lesson};
    use crate::progress::Score;

    fn state(quiz: QuizState, exercise: ExerciseState) -> LessonState {
        LessonState {
            lesson: Lesson {
                slug: "worker_pool".parse().expect("a slug"),
                title: "Worker pool".to_owned(),
                part: None,
                exercise: ExerciseKind::Program,
            },
            quiz,
            exercise,
        }
    }

    const PASSED: QuizState = QuizState::Passed {
        at: Time(7),
        score: Score { correct: 4, of: 5 },
        changed: false,
    };

    #[test]
    fn a_passed_quiz_leaves_the_exercise_to_do() {
        let state = state(PASSED, ExerciseState::NotTried);
        assert_eq!(
            serde_json::to_string(&Standing::of(&state, None)).expect("JSON"),
            concat!(
                r#"{"slug":"worker_pool","mark":"half done","todo":true,"#,
                r#""cells":[["4 of 5",true],["–",false]],"at":7,"#,
                r#""note":"You passed this quiz on {date} with 4 of 5. The exercise is still to do.","#,
                r#""exercise":"The exercise is still to do. Save exercises/src/worker_pool.rs, and what its "#,
                r#"tests say appears here."}"#
            )
        );
    }

    #[test]
    fn a_lesson_without_an_exercise_is_complete_by_its_quiz() {
        let state = state(PASSED, ExerciseState::None);
        let standing = Standing::of(&state, None);
        assert_eq!(standing.mark, Some(Mark::Done));
        assert!(!standing.todo);
        assert_eq!(standing.exercise, "");
        assert!(
            standing
                .note
                .ends_with("with 4 of 5. This lesson is complete."),
            "{}",
            standing.note
        );
    }

    #[test]
    fn what_was_there_stays_while_tests_run() {
        let state = state(QuizState::NotTried, ExerciseState::NotTried);
        let standing = Standing::of(&state, Some(&Live::Checking));
        assert_eq!(standing.exercise, "Its tests run …");
        assert_eq!(standing.live, None);
        assert_eq!(standing.mark, None);
    }

    #[test]
    fn of_an_untried_quiz_nothing_is_said() {
        let state = state(QuizState::NotTried, ExerciseState::NotTried);
        let standing = Standing::of(&state, None);
        assert_eq!(standing.at, None);
        assert!(
            standing.note.starts_with("The exercise is still"),
            "{}",
            standing.note
        );
    }
}
