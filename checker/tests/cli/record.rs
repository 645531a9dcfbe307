//! Receipts of quizzes that were answered on a static page.

use std::io::Write as _;
use std::process::Stdio;

use checker::quiz;

use crate::fixture::{Fixture, said};

/// As the page writes it, with these answers to `who-waits`.
fn receipt(course: &Fixture, first: &str, last: &str) -> String {
    let quiz = quiz::load(&course.path("quiz/answers.toml")).expect("a quiz");
    let [who, prints] = quiz.questions.as_slice() else {
        panic!("two questions");
    };
    format!(
        r#"{{"receipt":1,"lesson":"answers","kept":{{
          "who-waits":{{"version":"{}","first":"{first}","answer":"{last}"}},
          "prints":{{"version":"{}","first":{{"stdout":""}},"answer":{{"stdout":""}}}}}}}}"#,
        who.version(),
        prints.version()
    )
}

#[test]
fn a_receipt_is_graded_again_and_counts_once() {
    let course = Fixture::new();
    course.write("r.json", &receipt(&course, "nobody", "the caller"));
    for _ in 0..2 {
        course
            .run(&["record", "r.json"])
            .expect(0, &["2 of 2 right: the quiz of answers is passed"]);
    }
    // A header, the first try, the one that counts.
    assert_eq!(course.progress().lines().count(), 3);
    course.run(&["status"]).expect(0, &["quiz passed"]);
}

#[test]
fn a_receipt_comes_from_standard_input_too() {
    let course = Fixture::new();
    let mut command = course.command(&["record", "-"]);
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let text = receipt(&course, "nobody", "nobody");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(text.as_bytes()).expect("read");
    drop(stdin);
    said(&child.wait_with_output().expect("it ends")).expect(1, &["1 of 2 right"]);
    assert_eq!(course.progress().lines().count(), 2);
}

#[test]
fn one_bad_receipt_keeps_all_from_being_recorded() {
    let course = Fixture::new();
    course.write("good.json", &receipt(&course, "the caller", "the caller"));
    let good = receipt(&course, "the caller", "the caller");
    for (bad, words) in [
        (
            "{}".to_owned(),
            "bad.json:1: this is no receipt: missing field",
        ),
        (
            good.replace("\"answers\"", "\"anwers\""),
            "bad.json: there is no lesson `anwers`. Did you mean",
        ),
        (
            good.replace("who-waits", "who"),
            "bad.json: the question `who` is not the one",
        ),
        (
            good.replace("{\"stdout\":\"\"}", "\"x\""),
            "bad.json: the answer to `prints` does not fit",
        ),
        (
            good.replace("\"receipt\":1", "\"receipt\":9"),
            "bad.json: the receipt has version 9",
        ),
    ] {
        course.write("bad.json", &bad);
        course
            .run(&["record", "good.json", "bad.json"])
            .expect(2, &[words]);
    }
    course
        .run(&["record", "none.json"])
        .expect(2, &["none.json: cannot be read"]);
    course.run(&["record"]).expect(2, &["<RECEIPT>"]);
    // A quiz that was edited asks something else.
    course.replace("quiz/answers.toml", "Who waits?", "Who never waits?");
    course
        .run(&["record", "good.json"])
        .expect(2, &["`who-waits` is not the one that was answered"]);
    assert!(!course.path(".checker").exists());
}
