//! Events → state: pure.

use serde::Serialize;

use super::{
    Event, ExerciseOutcome, ExerciseTry, Fingerprint, Fingerprints, QuizAnswer, QuizTry, Time, What,
};
use crate::course::{ExerciseKind, Lesson, Slug};
use crate::quiz::{Answers, Quiz};
use crate::verdict::Rungs;

/// How far one lesson is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonState {
    /// The lesson.
    pub lesson: Lesson,
    /// Its quiz.
    pub quiz: QuizState,
    /// Its exercise.
    pub exercise: ExerciseState,
}

/// What the log knows of a quiz.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum QuizState {
    /// The lesson has none.
    None,
    /// Never answered to its end.
    NotTried,
    /// The last try did not pass.
    NotPassed {
        /// When the last try ended.
        at: Time,
        /// What it came to.
        score: Score,
    },
    /// A try has passed: that stays so, whatever later tries come to.
    Passed {
        /// When.
        at: Time,
        /// What it came to.
        score: Score,
        /// Whether the quiz has been edited since.
        changed: bool,
    },
}

/// Right answers out of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Right answers.
    pub correct: usize,
    /// Questions.
    pub of: usize,
}

/// What the log knows of an exercise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ExerciseState {
    /// The lesson has none.
    None,
    /// Its tests were never run.
    NotTried,
    /// The last run did not pass.
    NotPassed {
        /// When it ran.
        at: Time,
        /// What it came to.
        outcome: ExerciseOutcome,
        /// How far up the ladder it got.
        rungs: Rungs,
    },
    /// The same source has failed and passed: a race, which no lucky run turns into a pass.
    Unsteady {
        /// When it last passed.
        at: Time,
    },
    /// A run has passed: that stays so while the learner goes on trying things.
    Passed {
        /// When.
        at: Time,
        /// How far up the ladder it got.
        rungs: Rungs,
        /// What has been edited since.
        changed: Changed,
    },
}

/// What is no longer as it was when the exercise passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// Nothing.
    Nothing,
    /// The learner's file.
    Source,
    /// The tests.
    Tests,
    /// Both.
    Both,
}

impl LessonState {
    /// Whether quiz and exercise have passed, as far as the lesson has them.
    pub fn is_complete(&self) -> bool {
        match (&self.quiz, &self.exercise) {
            (QuizState::Passed { .. }, ExerciseState::Passed { .. } | ExerciseState::None)
            | (QuizState::None, ExerciseState::Passed { .. }) => true,
            // A lesson that has neither is unfinished, not done.
            _ => false,
        }
    }

    /// Whether the exercise's stretch rung has passed as well.
    pub fn has_stretch(&self) -> bool {
        matches!(&self.exercise, ExerciseState::Passed { rungs, .. } if rungs.stretch_passed())
    }
}

/// What `events` say of `lesson`, whose files are `now` as given.
pub fn lesson_state(lesson: &Lesson, events: &[Event], now: &Fingerprints) -> LessonState {
    // A merge of two logs leaves the file out of order.
    let mut events: Vec<&Event> = of_lesson(events, &lesson.slug).collect();
    events.sort_by_key(|event| event.time);
    LessonState {
        lesson: lesson.clone(),
        quiz: quiz_state(&events, now),
        exercise: match lesson.exercise {
            ExerciseKind::Program => exercise_state(&events, now),
            ExerciseKind::None => ExerciseState::None,
        },
    }
}

/// Whether `events` hold both a failure and a pass of the same source under the same tests.
pub fn is_unsteady(
    events: &[Event],
    lesson: &Slug,
    source: &Fingerprint,
    tests: &Fingerprint,
) -> bool {
    let same = |one: &&ExerciseTry| one.source == *source && one.tests == *tests;
    let tries = || exercise_tries(of_lesson(events, lesson)).filter(same);
    let mut passes = tries().filter(|one| passed(one));
    passes.any(|pass| {
        tries().any(|other| contradicts_a_pass(other) && pass.is_of_the_same_files(other))
    })
}

/// The answers that the learner need not give again: those of a quiz left halfway, and after a try
/// that did not pass, its right ones. None once the quiz has passed, or has been edited.
pub fn kept_answers(events: &[Event], lesson: &Slug, quiz: &Quiz, now: &Fingerprint) -> Answers {
    let mut kept = Answers::new();
    for event in of_lesson(events, lesson) {
        match &event.what {
            What::Quiz(QuizTry {
                passed: false,
                wrong,
                answers,
                quiz,
                ..
            }) if quiz == now => {
                kept.clone_from(answers);
                kept.retain(|id, _| !wrong.contains(id));
            }
            What::Quiz(_) => kept.clear(),
            What::QuizAnswer(QuizAnswer {
                question,
                answer,
                quiz,
            }) if quiz == now => {
                kept.insert(question.clone(), answer.clone());
            }
            What::QuizAnswer(_) | What::Exercise(_) | What::Review(_) | What::Hint(_) => {}
        }
    }
    kept.retain(|id, _| quiz.questions.iter().any(|question| question.id == *id));
    kept
}

/// Whether `events` hold this very try of the quiz.
pub fn was_recorded(
    events: &[Event],
    lesson: &Slug,
    answers: &Answers,
    quiz: &Fingerprint,
) -> bool {
    of_lesson(events, lesson).any(|event| match &event.what {
        What::Quiz(one) => one.answers == *answers && one.quiz == *quiz,
        What::Exercise(_) | What::QuizAnswer(_) | What::Review(_) | What::Hint(_) => false,
    })
}

/// How far the hint on `topic` was told; 0 if it never was.
pub fn level_taken(events: &[Event], lesson: &Slug, topic: &str) -> usize {
    let levels = of_lesson(events, lesson).filter_map(|event| match &event.what {
        What::Hint(taken) if taken.topic == topic => Some(taken.level),
        _ => None,
    });
    levels.max().unwrap_or(0)
}

pub(super) fn of_lesson<'a>(events: &'a [Event], lesson: &Slug) -> impl Iterator<Item = &'a Event> {
    events.iter().filter(move |event| event.lesson == *lesson)
}

fn exercise_tries<'a>(
    events: impl Iterator<Item = &'a Event>,
) -> impl Iterator<Item = &'a ExerciseTry> {
    events.filter_map(|event| match &event.what {
        What::Exercise(one) => Some(one),
        What::Quiz(_) | What::QuizAnswer(_) | What::Review(_) | What::Hint(_) => None,
    })
}

fn passed(one: &ExerciseTry) -> bool {
    one.outcome == ExerciseOutcome::Passed
}

/// The other outcomes either come from the compiler, and so from more than this lesson's files, or
/// say nothing of races.
fn contradicts_a_pass(one: &ExerciseTry) -> bool {
    matches!(
        one.outcome,
        ExerciseOutcome::Failed | ExerciseOutcome::Hung | ExerciseOutcome::Crashed
    )
}

fn quiz_state(events: &[&Event], now: &Fingerprints) -> QuizState {
    let Some(quiz_now) = &now.quiz else {
        return QuizState::None;
    };
    let tries = || {
        events.iter().filter_map(|event| match &event.what {
            What::Quiz(one) => Some((event.time, one)),
            What::Exercise(_) | What::QuizAnswer(_) | What::Review(_) | What::Hint(_) => None,
        })
    };
    let score = |one: &QuizTry| Score {
        correct: one.correct,
        of: one.of,
    };
    let best = tries()
        .filter(|(_, one)| one.passed)
        .max_by_key(|(at, one)| (one.quiz == *quiz_now, *at));
    match (best, tries().next_back()) {
        (Some((at, one)), _) => QuizState::Passed {
            at,
            score: score(one),
            changed: one.quiz != *quiz_now,
        },
        (None, Some((at, one))) => QuizState::NotPassed {
            at,
            score: score(one),
        },
        (None, None) => QuizState::NotTried,
    }
}

fn exercise_state(events: &[&Event], now: &Fingerprints) -> ExerciseState {
    let tries: Vec<(Time, &ExerciseTry)> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Exercise(one) => Some((event.time, one)),
            What::Quiz(_) | What::QuizAnswer(_) | What::Review(_) | What::Hint(_) => None,
        })
        .collect();
    let contradicted = |pass: &ExerciseTry| {
        let mut tries = tries.iter();
        tries.any(|(_, other)| contradicts_a_pass(other) && pass.is_of_the_same_files(other))
    };
    let passes = || tries.iter().filter(|(_, one)| passed(one));
    let best = passes()
        .filter(|(_, one)| !contradicted(one))
        .max_by_key(|(at, one)| (changed(one, now) == Changed::Nothing, *at));
    if let Some((at, one)) = best {
        return ExerciseState::Passed {
            at: *at,
            rungs: one.rungs,
            changed: changed(one, now),
        };
    }
    match tries.last() {
        None => ExerciseState::NotTried,
        Some((_, last)) if passes().any(|(_, pass)| pass.is_of_the_same_files(last)) => {
            let at = passes().next_back().expect("there is a pass").0;
            ExerciseState::Unsteady { at }
        }
        Some((at, last)) => ExerciseState::NotPassed {
            at: *at,
            outcome: last.outcome,
            rungs: last.rungs,
        },
    }
}

/// What the program was built with does not count here: a new crate for one lesson would mark every
/// other as changed.
fn changed(one: &ExerciseTry, now: &Fingerprints) -> Changed {
    let source = now.source.as_ref() != Some(&one.source);
    let tests = now.tests.as_ref() != Some(&one.tests);
    match (source, tests) {
        (false, false) => Changed::Nothing,
        (true, false) => Changed::Source,
        (false, true) => Changed::Tests,
        (true, true) => Changed::Both,
    }
}

#[cfg(test)]
mod tests;
