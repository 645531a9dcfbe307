//! What would spoil an exercise: the reference, other designs, the mistakes.

use crate::fixture::Fixture;

fn course() -> Fixture {
    let course = Fixture::new();
    course.write("solutions/src/answers.rs", "// the reference\n");
    course.write(
        "solutions/right/answers/loops.rs",
        "//! Design: adds six seven times.\n// the loop\n",
    );
    course.write(
        "solutions/wrong/answers/off_by_one.rs",
        "//! Mistake: counts from zero.\n\
         //! Rejected by: core::the_answer_is_42\n\
         //! Learner sees: the answer is 42, but … came back\n\
         pub fn answer() -> u32 { 41 }\npub fn extra() -> u32 { 42 }\n",
    );
    course
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_solution_is_shown_after_the_pass_or_to_who_insists() {
    let course = course();
    let refused = course.run(&["solution", "answers"]);
    refused.expect(
        1,
        &["has not passed", "cargo checker solution answers --spoil"],
    );
    assert_eq!(refused.out, "");
    let insisted = course.run(&["solution", "answers", "--spoil"]);
    insisted.expect(0, &["solutions/src/answers.rs", "  loops  adds six"]);
    assert_eq!(insisted.out, "// the reference\n");
    course.solve("42");
    course.run(&["check", "answers"]).expect(0, &[]);
    course
        .run(&["solution", "answers"])
        .expect(0, &["// the reference"]);
    // It stays open while the learner goes on trying things.
    course.solve("41");
    course
        .run(&["solution", "answers", "loops"])
        .expect(0, &["adds six seven times.", "// the loop"]);
    assert_eq!(
        course.progress().lines().count(),
        2,
        "showing records nothing"
    );
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_mistake_is_run_and_the_words_of_its_test_are_shown() {
    let course = course();
    course
        .run(&["mistakes", "answers"])
        .expect(1, &["has not passed"]);
    course.run(&["mistakes", "answers", "--spoil"]).expect(
        0,
        &[
            "1  off_by_one\n",
            "Counts from zero.",
            "but ... came back",
            "answers <1>",
        ],
    );
    for which in ["1", "off_by_one", "--all"] {
        course
            .run(&["mistakes", "answers", which, "--spoil"])
            .expect(
                0,
                &[
                    "1. off_by_one\nCounts from zero.\n",
                    "x the answer is 42, but 41 came back",
                    "test core::the_answer_is_42",
                ],
            );
    }
    assert!(
        !course.path(".checker").exists(),
        "a mistake that was run counts"
    );
}

#[test]
fn what_is_not_there_is_named() {
    let course = course();
    for (arguments, words) in [
        (
            &["solution", "answers", "loop", "--spoil"][..],
            &["no design called `loop`; its other designs are loops"][..],
        ),
        (
            &["mistakes", "answers", "2", "--spoil"],
            &["no mistake `2`", "from 1 to 1"],
        ),
        (
            &["mistakes", "answers", "0", "--spoil"],
            &["no mistake `0`"],
        ),
        (
            &["mistakes", "channels", "--spoil"],
            &["no mistakes are known for `channels`"],
        ),
        (
            &["solution", "channels", "--spoil"],
            &["solutions/src/channels.rs cannot be read", "git checkout"],
        ),
    ] {
        course.run(arguments).expect(2, words);
    }
    course.write("solutions/wrong/answers/headless.rs", "fn main() {}\n");
    course.run(&["mistakes", "answers", "--spoil"]).expect(
        2,
        &["solutions/wrong/answers/headless.rs:1: its head has no `Mistake`"],
    );
}
