//! What there is to do next, and how it is said.

use serde::Serialize;

use crate::course::Slug;
use crate::progress::{ExerciseState, LessonState, QuizState};

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Step {
    /// Solve the exercise.
    Check {
        /// Of this lesson.
        lesson: Slug,
        /// Whether its tests have run before.
        tried: bool,
    },
    /// Answer the quiz.
    Quiz {
        /// Of this lesson.
        lesson: Slug,
    },
}

/// What is left once a part of a lesson is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Onward {
    /// This.
    Step(Step),
    /// Nothing: every lesson is complete.
    End,
    /// Nobody knows: the progress log cannot be read.
    Unknown,
}

/// How the learner gives the command that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// In a shell.
    Command,
    /// By a save or by a key, for `watch` is listening.
    Watch,
}

impl Step {
    /// In the first lesson that is not complete.
    pub(super) fn first(lessons: &[LessonState]) -> Option<Self> {
        let open = lessons.iter().find(|state| !state.is_complete())?;
        Some(Self::in_lesson(open))
    }

    /// The exercise stands before the quiz in its chapter.
    fn in_lesson(state: &LessonState) -> Self {
        let lesson = state.lesson.slug.clone();
        match &state.exercise {
            ExerciseState::None | ExerciseState::Passed { .. } => Self::Quiz { lesson },
            exercise => Self::Check {
                lesson,
                tried: *exercise != ExerciseState::NotTried,
            },
        }
    }

    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Check {
                lesson,
                tried: false,
            } => format!(
                "read src/{lesson}.md, solve exercises/src/{lesson}.rs, \
                 then `cargo checker check {lesson}`"
            ),
            Self::Check {
                lesson,
                tried: true,
            } => format!("change exercises/src/{lesson}.rs, then `cargo checker check {lesson}`"),
            Self::Quiz { lesson } => format!("`cargo checker quiz {lesson}`"),
        }
    }
}

impl Onward {
    /// What comes next for a learner who is at the lesson `at`: the rest of it, then the lessons behind
    /// it, then those that were left out.
    pub fn after(lessons: &[LessonState], at: &Slug) -> Self {
        let begin = lessons.iter().position(|state| state.lesson.slug == *at);
        let mut round = lessons.iter().cycle().skip(begin.unwrap_or(0));
        let open = round
            .by_ref()
            .take(lessons.len())
            .find(|state| !state.is_complete());
        open.map_or(Self::End, |state| Self::Step(Step::in_lesson(state)))
    }

    /// A sentence: `Next: …`.
    pub(super) fn sentence(&self, at: &Slug, by: By) -> String {
        let next = match (self, by) {
            (Self::End, _) => return "Every lesson is complete: that was the course.".to_owned(),
            (Self::Unknown, _) => "`cargo checker status`".to_owned(),
            (Self::Step(Step::Quiz { lesson }), By::Watch) if lesson == at => {
                "z asks the quiz, n goes on to the next lesson".to_owned()
            }
            (Self::Step(Step::Check { lesson, .. }), By::Watch) if lesson != at => {
                format!("n goes on; the next lesson is {lesson}")
            }
            (Self::Step(step @ Step::Quiz { lesson }), _) if lesson == at => {
                format!("{}, or `cargo checker status`", step.in_words())
            }
            (Self::Step(step), _) => step.in_words(),
        };
        format!("Next: {next}.")
    }
}

/// Whether the quiz of the lesson `at` has passed at some time.
pub fn quiz_has_passed(lessons: &[LessonState], at: &Slug) -> bool {
    let mut of_it = lessons.iter().filter(|state| state.lesson.slug == *at);
    of_it.any(|state| matches!(state.quiz, QuizState::Passed { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::{ExerciseKind, Lesson};
    use crate::progress::{Changed, Score, Time};
    use crate::verdict::Rungs;

    fn slug(name: &str) -> Slug {
        name.parse().expect("a slug")
    }

    fn state(name: &str, quiz: bool, exercise: bool) -> LessonState {
        let score = Score { correct: 4, of: 5 };
        LessonState {
            lesson: Lesson {
                slug: slug(name),
                title: String::new(),
                part: None,
                exercise: ExerciseKind::Program,
            },
            quiz: if quiz {
                QuizState::Passed {
                    at: Time(1),
                    score,
                    changed: false,
                }
            } else {
                QuizState::NotTried
            },
            exercise: if exercise {
                ExerciseState::Passed {
                    at: Time(1),
                    rungs: Rungs::default(),
                    changed: Changed::Nothing,
                }
            } else {
                ExerciseState::NotTried
            },
        }
    }

    #[test]
    fn the_rest_of_the_lesson_comes_first_then_those_behind_it_then_those_left_out() {
        let lessons = |a: bool, b_quiz: bool, b_exercise: bool, c: bool| {
            [
                state("a", a, a),
                state("b", b_quiz, b_exercise),
                state("c", c, c),
            ]
        };
        let said = |lessons: &[LessonState], by| {
            let at = slug("b");
            Onward::after(lessons, &at).sentence(&at, by)
        };
        for (lessons, in_a_shell, in_watch) in [
            (
                lessons(false, false, true, false),
                "Next: `cargo checker quiz b`, or `cargo checker status`.",
                "Next: z asks the quiz, n goes on to the next lesson.",
            ),
            (
                lessons(false, true, false, false),
                "Next: read src/b.md, solve exercises/src/b.rs, then `cargo checker check b`.",
                "Next: read src/b.md, solve exercises/src/b.rs, then `cargo checker check b`.",
            ),
            (
                lessons(false, true, true, false),
                "Next: read src/c.md, solve exercises/src/c.rs, then `cargo checker check c`.",
                "Next: n goes on; the next lesson is c.",
            ),
            (
                lessons(false, true, true, true),
                "Next: read src/a.md, solve exercises/src/a.rs, then `cargo checker check a`.",
                "Next: n goes on; the next lesson is a.",
            ),
            (
                lessons(true, true, true, true),
                "Every lesson is complete: that was the course.",
                "Every lesson is complete: that was the course.",
            ),
        ] {
            assert_eq!(said(&lessons, By::Command), in_a_shell);
            assert_eq!(said(&lessons, By::Watch), in_watch);
        }
    }
}
