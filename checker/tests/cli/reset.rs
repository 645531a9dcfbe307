//! Exercises put back as they were shipped.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::fixture::Fixture;

const FILE: &str = "exercises/src/answers.rs";

fn course() -> Fixture {
    let course = Fixture::new();
    for name in ["answers", "channels"] {
        course.write(&format!("checker/stubs/{name}.rs"), "// shipped\n");
    }
    course.write("exercises/src/channels.rs", "// shipped\n");
    course
}

fn text(course: &Fixture, name: &str) -> String {
    fs::read_to_string(course.path(name)).expect("it is there")
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn the_learners_file_is_kept_and_comes_back() {
    let course = course();
    course.solve("42");
    let mine = text(&course, FILE);
    course.run(&["check", "answers"]).expect(0, &[]);
    course.run(&["reset", "answers"]).expect(
        0,
        &[
            "+ exercises/src/answers.rs is as it was shipped",
            ".checker/kept/answers-1.rs",
            "cargo checker reset answers --undo",
        ],
    );
    assert_eq!(text(&course, FILE), "// shipped\n");
    course
        .run(&["status"])
        .expect(0, &["exercise passed, with stretch, source changed\n"]);
    course
        .run(&["reset", "answers"])
        .expect(0, &["nothing to do"]);
    course
        .run(&["reset", "answers", "--undo"])
        .expect(0, &["as it was before the reset"]);
    assert_eq!(text(&course, FILE), mine);
}

#[test]
fn all_is_done_only_when_agreed() {
    let course = course();
    let mine = text(&course, FILE);
    course.run(&["reset", "--all"]).expect(
        2,
        &["1 exercise has been changed - answers -", "--all --yes"],
    );
    assert_eq!(text(&course, FILE), mine);
    course
        .run(&["reset", "--all", "--yes"])
        .expect(0, &["answers.rs is as it was shipped"]);
    course
        .run(&["reset", "--all"])
        .expect(0, &["Every exercise is as it was shipped."]);
    assert_eq!(text(&course, ".checker/kept/answers-1.rs"), mine);
}

#[test]
fn what_cannot_be_done_changes_nothing() {
    let course = course();
    let mine = text(&course, FILE);
    course
        .run(&["reset", "answers", "--undo"])
        .expect(2, &["nothing is kept of the exercise of `answers`"]);
    course.run(&["reset"]).expect(2, &["<LESSON>"]);
    course
        .run(&["reset", "nobody"])
        .expect(2, &["no lesson `nobody`"]);
    let read_only = fs::Permissions::from_mode(0o444);
    fs::set_permissions(course.path(FILE), read_only).expect("allowed");
    course
        .run(&["reset", "answers"])
        .expect(3, &["answers.rs cannot be written; nothing was changed"]);
    assert_eq!(text(&course, FILE), mine);
    fs::remove_file(course.path("checker/stubs/answers.rs")).expect("it was there");
    course.run(&["reset", "answers"]).expect(
        2,
        &["checker/stubs/answers.rs is missing; `git checkout checker/stubs/answers.rs`"],
    );
}

#[test]
fn helper_modules_stay_and_are_named() {
    let course = course();
    course.solve("split::answer()");
    let helper = "exercises/src/answers/split.rs";
    course.write(helper, "// mine\n");
    let said = course.run(&["reset", "answers"]);
    said.expect(0, &["exercises/src/answers/ stays"]);
    assert_eq!(text(&course, helper), "// mine\n");
}
