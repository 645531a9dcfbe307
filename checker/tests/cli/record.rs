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
fn a_bad_receipt_is_named_and_the_good_ones_count() {
    let course = Fixture::new();
    course.write("good.json", &receipt(&course, "the caller", "the caller"));
    let good = receipt(&course, "the caller", "the caller");
    for (bad, words) in [
        (
            "{}".to_owned(),
            "bad.json:1: this is no receipt: missing field",
        ),
        (good[..good.len() / 2].to_owned(), "this is no receipt: EOF"),
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
            .run(&["record", "bad.json", "good.json", "none.json"])
            .expect(
                2,
                &[
                    words,
                    "none.json: cannot be read",
                    "2 of 3 receipts do not count, see above; 1 do",
                    "2 of 2 right: the quiz of answers is passed",
                ],
            );
        assert_eq!(course.progress().lines().count(), 2);
        course.run(&["record", "bad.json"]).expect(2, &[words]);
    }
    course.run(&["record"]).expect(2, &["<RECEIPT>"]);
}

#[test]
fn an_answer_to_a_question_that_was_edited_since_does_not_count() {
    let course = Fixture::new();
    course.write("good.json", &receipt(&course, "the caller", "the caller"));
    course.replace("quiz/answers.toml", "Who waits?", "Who never waits?");
    course
        .run(&["record", "good.json"])
        .expect(2, &["`who-waits` is not the one that was answered"]);
    assert!(!course.path(".checker").exists());
}

#[test]
fn a_receipt_that_many_programs_record_at_once_counts_once() {
    let course = Fixture::new();
    course.write("r.json", &receipt(&course, "nobody", "the caller"));
    let programs: Vec<_> = (0..8)
        .map(|_| {
            course
                .command(&["record", "r.json"])
                .stdout(Stdio::null())
                .spawn()
        })
        .collect();
    for program in programs {
        assert!(
            program
                .expect("it starts")
                .wait()
                .expect("it ends")
                .success()
        );
    }
    assert_eq!(course.progress().lines().count(), 3);
}

#[test]
fn a_report_counts_receipts_without_recording_them_and_names_the_bad_ones() {
    let course = Fixture::new();
    course.write("good.json", &receipt(&course, "the caller", "the caller"));
    course.write("bad.json", "{\"receipt\":1");
    // The lesson without tests, so that nothing has to be built.
    course.replace("src/SUMMARY.md", "- [Channels](channels.md)\n", "");
    course.replace("src/SUMMARY.md", "(answers.md)", "(choosing_a_pattern.md)");
    course.write(
        "quiz/choosing_a_pattern.toml",
        &std::fs::read_to_string(course.path("quiz/answers.toml")).expect("there"),
    );
    course.replace("good.json", "\"answers\"", "\"choosing_a_pattern\"");
    let said = course.run(&[
        "report",
        "--receipt",
        "good.json",
        "--receipt",
        "bad.json",
        "-o",
        "r.md",
        "-o",
        "r.json",
        "-o",
        "r.xml",
    ]);
    said.expect(0, &[]);
    let text = |name| std::fs::read_to_string(course.path(name)).expect("written");
    let json: serde_json::Value = serde_json::from_str(&text("r.json")).expect("JSON");
    assert_eq!(json["summary"]["quizzes_passed"], 1, "{json:#}");
    assert_eq!(json["refused_receipts"][0]["receipt"], "bad.json");
    let markdown = text("r.md");
    let named = "- bad.json:1: this is no receipt: EOF";
    assert!(markdown.contains(named), "{markdown}");
    assert!(text("r.xml").contains("<testsuite name=\"receipts\" tests=\"1\""));
    assert!(
        !course.path(".checker").exists(),
        "a report records nothing"
    );
}
