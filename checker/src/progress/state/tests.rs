use std::path::Path;

use super::*;
use crate::course::Course;
use crate::quiz::{self, Answer, QuestionId};
use crate::verdict::Tally;

fn lesson() -> Lesson {
    let course = Course::from_summary(Path::new("."), "# Summary\n- [A](a.md)\n");
    let course = course.expect("a course");
    course.lesson("a").expect("listed").clone()
}

fn print(text: &str) -> Fingerprint {
    Fingerprint::of_text(text)
}

fn now() -> Fingerprints {
    Fingerprints {
        quiz: Some(print("quiz")),
        source: Some(print("source")),
        tests: Some(print("tests")),
    }
}

fn event(time: u64, what: What) -> Event {
    Event {
        time: Time(time),
        lesson: lesson().slug,
        what,
    }
}

fn quiz(time: u64, correct: usize, text: &str) -> Event {
    let what = QuizTry {
        passed: correct == 2,
        correct,
        of: 2,
        wrong: ["one", "two"][correct..]
            .iter()
            .map(|id| QuestionId((*id).to_owned()))
            .collect(),
        answers: [answer("one"), answer("two")].into(),
        quiz: print(text),
    };
    event(time, What::Quiz(what))
}

fn answer(id: &str) -> (QuestionId, Answer) {
    (QuestionId(id.to_owned()), Answer::Text("x".to_owned()))
}

fn exercise(time: u64, outcome: ExerciseOutcome, source: &str) -> Event {
    let what = ExerciseTry {
        outcome,
        rungs: Rungs {
            stretch: Tally { passed: 1, of: 1 },
            ..Rungs::default()
        },
        source: print(source),
        tests: print("tests"),
        built_with: None,
    };
    event(time, What::Exercise(what))
}

fn state(events: &[Event]) -> LessonState {
    lesson_state(&lesson(), events, &now())
}

use ExerciseOutcome::{DidNotCompile, Failed, Passed};

#[test]
fn a_lesson_is_complete_once_both_its_parts_have_passed() {
    let (quiz, exercise) = (quiz(1, 2, "quiz"), exercise(2, Passed, "source"));
    assert!(!state(&[]).is_complete());
    assert!(!state(std::slice::from_ref(&quiz)).is_complete());
    assert!(!state(std::slice::from_ref(&exercise)).is_complete());
    let both = state(&[quiz, exercise]);
    assert!(both.is_complete() && both.has_stretch());
}

#[test]
fn a_part_that_the_lesson_lacks_is_not_asked_for() {
    let no_quiz = Fingerprints {
        quiz: None,
        ..now()
    };
    let done = [exercise(1, Passed, "source")];
    assert!(lesson_state(&lesson(), &done, &no_quiz).is_complete());
    let quiz_only = Lesson {
        exercise: ExerciseKind::None,
        ..lesson()
    };
    assert!(lesson_state(&quiz_only, &[quiz(1, 2, "quiz")], &now()).is_complete());
    assert!(!lesson_state(&quiz_only, &[], &no_quiz).is_complete());
}

#[test]
fn what_was_passed_stays_passed_and_says_what_has_changed() {
    let state = state(&[
        quiz(1, 2, "an older quiz"),
        quiz(2, 0, "quiz"),
        exercise(3, Passed, "an older source"),
        exercise(4, Failed, "source"),
    ]);
    assert!(state.is_complete());
    assert!(matches!(
        state.quiz,
        QuizState::Passed { changed: true, .. }
    ));
    assert!(matches!(
        state.exercise,
        ExerciseState::Passed {
            changed: Changed::Source,
            ..
        }
    ));
}

#[test]
fn the_pass_that_is_told_of_is_that_of_the_files_as_they_are() {
    let state = state(&[
        exercise(1, Passed, "source"),
        exercise(2, Passed, "another source"),
    ]);
    assert!(matches!(
        state.exercise,
        ExerciseState::Passed {
            at: Time(1),
            changed: Changed::Nothing,
            ..
        }
    ));
}

#[test]
fn one_source_that_fails_and_passes_is_unsteady_whichever_came_first() {
    for order in [[Failed, Passed], [Passed, Failed]] {
        let events = [
            exercise(1, order[0], "source"),
            exercise(2, order[1], "source"),
        ];
        assert!(matches!(
            state(&events).exercise,
            ExerciseState::Unsteady { .. }
        ));
        let slug = lesson().slug;
        assert!(is_unsteady(
            &events,
            &slug,
            &print("source"),
            &print("tests")
        ));
        assert!(!is_unsteady(
            &events,
            &slug,
            &print("other"),
            &print("tests")
        ));
    }
}

#[test]
fn an_unsteady_source_can_be_mended() {
    let events = [
        exercise(1, Failed, "source"),
        exercise(2, Passed, "source"),
        exercise(3, Passed, "a better source"),
    ];
    assert!(matches!(
        state(&events).exercise,
        ExerciseState::Passed { at: Time(3), .. }
    ));
}

#[test]
fn a_build_that_failed_says_nothing_of_races() {
    let events = [
        exercise(1, DidNotCompile, "source"),
        exercise(2, Passed, "source"),
    ];
    assert!(matches!(
        state(&events).exercise,
        ExerciseState::Passed { .. }
    ));
}

#[test]
fn logs_that_were_merged_out_of_order_are_read_by_time() {
    let state = state(&[exercise(2, DidNotCompile, "b"), exercise(1, Failed, "a")]);
    assert!(matches!(
        state.exercise,
        ExerciseState::NotPassed {
            outcome: DidNotCompile,
            ..
        }
    ));
}

#[test]
fn answers_are_kept_until_the_quiz_is_passed_or_edited() {
    let text = ["one", "two"]
        .map(|id| {
            format!(
                "[[questions]]\nid = \"{id}\"\ntype = \"ShortAnswer\"\nprompt.prompt = \"?\"\n\
                 prompt.feedback = \"!\"\nanswer.answer = \"x\"\ncontext = \"\"\n"
            )
        })
        .concat();
    let questions = quiz::parse(&text, Path::new("quiz")).expect("a quiz");
    let halfway = |id: &str, text: &str| {
        let (question, answer) = answer(id);
        let quiz = print(text);
        event(
            9,
            What::QuizAnswer(QuizAnswer {
                question,
                answer,
                quiz,
            }),
        )
    };
    for (events, kept) in [
        (vec![halfway("two", "quiz")], vec!["two"]),
        (vec![halfway("two", "an older quiz")], vec![]),
        (vec![halfway("gone", "quiz")], vec![]),
        (vec![quiz(1, 1, "quiz")], vec!["one"]),
        (
            vec![quiz(1, 0, "quiz"), halfway("two", "quiz")],
            vec!["two"],
        ),
        (vec![quiz(1, 2, "quiz")], vec![]),
    ] {
        let found = kept_answers(&events, &lesson().slug, &questions, &print("quiz"));
        let found: Vec<_> = found.keys().map(|id| id.0.as_str()).collect();
        assert_eq!(found, kept, "{events:?}");
    }
}
