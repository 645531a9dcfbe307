use std::path::Path;

use super::*;
use crate::course::Course;
use crate::progress::{LessonState, Score, SetAside, Time};
use crate::verdict::Tally;

fn overview() -> Overview {
    let summary = "# Summary\n\n# Channels\n- [Worker pool](worker_pool.md)\n\
                   - [Pipeline](pipeline.md)\n\n# Choosing\n- [Choosing](choosing_a_pattern.md)\n";
    let course = Course::from_summary(Path::new("."), summary).expect("a course");
    let passed = QuizState::Passed {
        at: Time(7),
        score: Score { correct: 5, of: 6 },
        changed: false,
    };
    let half = QuizState::NotPassed {
        at: Time(8),
        score: Score { correct: 3, of: 6 },
    };
    let rungs = Rungs {
        core: Tally { passed: 2, of: 2 },
        pattern: Tally { passed: 3, of: 3 },
        stretch: Tally { passed: 1, of: 1 },
    };
    let solved = ExerciseState::Passed {
        at: Time(9),
        rungs,
        changed: Changed::Source,
    };
    let states = [
        (passed, solved),
        (half, ExerciseState::NotTried),
        (QuizState::NotTried, ExerciseState::None),
    ];
    let lessons = course
        .lessons()
        .zip(states)
        .map(|(lesson, (quiz, exercise))| LessonState {
            lesson: lesson.clone(),
            quiz,
            exercise,
        });
    Overview {
        lessons: lessons.collect(),
        set_aside: None::<SetAside>,
    }
}

#[test]
fn every_lesson_stands_under_its_part() {
    assert_eq!(
        status(&overview(), &Terminal::plain()),
        "\
Channels
  + worker_pool         quiz passed        exercise passed, with stretch, source
                                           changed since
  . pipeline            quiz 3 of 6 right  exercise not tried

Choosing
  . choosing_a_pattern  quiz not tried     no exercise

1 of 3 lessons complete
next: read src/pipeline.md, solve exercises/src/pipeline.rs, then
`cargo checker check pipeline`
"
    );
}

#[test]
fn the_next_step_follows_the_chapter() {
    let mut overview = overview();
    let step = |overview: &Overview| Step::first(&overview.lessons).map(|step| step.in_words());
    overview.lessons.remove(1);
    assert_eq!(
        step(&overview).as_deref(),
        Some("`cargo checker quiz choosing_a_pattern`")
    );
    overview.lessons.remove(1);
    assert_eq!(step(&overview), None);
}

#[test]
fn the_json_says_the_same() {
    let json = status_json(&overview());
    assert_eq!(json["schema"], 2);
    assert_eq!(json["complete"], 1);
    assert_eq!(json["lessons"][0]["complete"], true);
    assert_eq!(json["lessons"][0]["quiz"]["state"], "passed");
    assert_eq!(json["lessons"][0]["quiz"]["at"], 7);
    assert_eq!(json["lessons"][0]["exercise"]["changed"], "source");
    assert_eq!(json["lessons"][2]["has_exercise"], false);
    assert_eq!(json["next"]["do"], "check");
    assert_eq!(json["next"]["lesson"], "pipeline");
}

#[test]
fn text_and_json_name_a_state_alike() {
    let mut overview = overview();
    overview.lessons[1].exercise = ExerciseState::NotPassed {
        at: Time(3),
        outcome: ExerciseOutcome::NotStarted,
        rungs: Rungs::default(),
    };
    assert!(status(&overview, &Terminal::plain()).contains("exercise not started"));
    let json = &status_json(&overview)["lessons"][1]["exercise"];
    assert_eq!(json["state"], "not_started");
    assert_eq!(json["at"], 3);
}

#[test]
fn where_no_column_is_wide_enough_the_rest_stands_below_the_name() {
    let mut narrow = Terminal::plain();
    narrow.style.width = 50;
    let shown = status(&overview(), &narrow);
    assert!(
        shown.contains(
            "quiz passed\n    exercise passed, with stretch, source changed\n    since\n"
        ),
        "{shown}"
    );
}
