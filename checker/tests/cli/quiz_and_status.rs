//! Quizzes, the status, and what the checker says to input that it cannot use.

use crate::fixture::{Fixture, Said, checker, said};

const RIGHT: &str = r#"{"who-waits": "the caller", "prints": {"stdout": ""}}"#;
const WRONG: &str = "{\n\"who-waits\": \"nobody\",\n\"prints\": {\"line\": 1}\n}";

fn answer(course: &Fixture, answers: &str) -> Said {
    course.write("my.json", answers);
    course.run(&["quiz", "answers", "--answers", "my.json"])
}

#[test]
fn a_quiz_is_failed_then_passed_and_the_status_keeps_it() {
    let course = Fixture::new();
    course
        .run(&["status"])
        .expect(0, &["answers", "quiz not tried", "0 of 2 lessons"]);
    answer(&course, WRONG).expect(
        1,
        &[
            "x who-waits\n  Look at the bound.",
            "0 of 2 right",
            "so 2 more",
            "cargo checker quiz answers",
        ],
    );
    course.run(&["status"]).expect(0, &["quiz 0 of 2 right"]);
    answer(&course, RIGHT).expect(
        0,
        &["+ prints", "2 of 2 right: the quiz of answers is passed"],
    );
    course.run(&["status"]).expect(0, &["quiz passed"]);
    assert_eq!(
        course.progress().lines().count(),
        3,
        "a header and two tries"
    );
}

#[test]
fn the_status_is_there_for_programs_too() {
    let course = Fixture::new();
    answer(&course, RIGHT).expect(0, &[]);
    let said = course.run(&["status", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(json["schema"], 2);
    assert_eq!(json["lessons"][0]["slug"], "answers");
    assert_eq!(json["lessons"][0]["quiz"]["state"], "passed");
    assert_eq!(json["next"]["do"], "check");
}

#[test]
fn a_template_filled_in_from_the_printed_questions_is_graded() {
    let course = Fixture::new();
    course.run(&["quiz", "answers", "--print"]).expect(
        0,
        &[
            "who-waits\n\nWho waits?",
            "Answer: a text",
            "{ \"stdout\": \"what it prints\" }",
        ],
    );
    let template = course.run(&["quiz", "answers", "--template"]);
    template.expect(0, &[]);
    let filled = template.out.replacen("\"\"", "\"the caller\"", 1);
    answer(&course, &filled).expect(0, &["2 of 2 right"]);
}

#[test]
fn the_course_is_found_from_a_folder_within() {
    let course = Fixture::new();
    let output = checker(&course.path("exercises/src"), &["status"]).output();
    said(&output.expect("it starts")).expect(0, &["0 of 2 lessons"]);
}

#[test]
fn input_that_cannot_be_used_is_refused_with_its_place_and_changes_nothing() {
    /// What is done to the course, what is asked of it, what the answer says.
    type Case<'a> = (fn(&Fixture), &'a [&'a str], &'a [&'a str]);

    const QUIZ: &str = "quiz/answers.toml";
    let ask = &["quiz", "answers", "--answers", "my.json"][..];
    let cases: &[Case] = &[
        (
            |_| {},
            &["check", "answer"],
            &["no lesson `answer`. Did you mean `answers`?"],
        ),
        (
            |_| {},
            &["quiz", "xyzzy"],
            &["no lesson `xyzzy`", "cargo checker status"],
        ),
        (|_| {}, &["quiz", "answers"], &["--answers <file.json>"]),
        (
            |_| {},
            &["quiz", "channels"],
            &["channels.toml:1", "is missing", "git checkout"],
        ),
        (
            |_| {},
            &["check", "channels"],
            &["exercises/tests/channels.rs is missing"],
        ),
        (|_| {}, ask, &["my.json: cannot be read"]),
        (
            |course| course.write("my.json", "{\n\"other\": \"x\"}"),
            ask,
            &[
                "my.json:2: the quiz has no question `other`; its questions are `who-waits`, `prints`",
                "`cargo checker quiz answers --print` shows the questions",
            ],
        ),
        (
            |course| course.write("my.json", "{\"who-waits\": \"x\"}"),
            ask,
            &["my.json: one question has no answer: `prints`"],
        ),
        (
            |course| course.write("my.json", "{\n,}"),
            ask,
            &["my.json:2: "],
        ),
        (
            |course| {
                course.replace(
                    QUIZ,
                    "prompt.feedback = \"Nothing",
                    "prompt.feedbck = \"Nothing",
                );
            },
            ask,
            &["quiz/answers.toml:14: unknown field `feedbck`"],
        ),
        (
            |course| course.replace(QUIZ, "\"prints\"", "\"who-waits\""),
            ask,
            &["quiz/answers.toml:10: the id `who-waits` was already used on line 2"],
        ),
        (
            |course| std::fs::remove_file(course.path("src/SUMMARY.md")).expect("it was there"),
            &["status"],
            &["SUMMARY.md is missing", "git checkout"],
        ),
        (
            |course| course.write("src/SUMMARY.md", "# Summary\n- [A]()\n"),
            &["status"],
            &["SUMMARY.md: the chapter \"A\" has no file"],
        ),
    ];
    for (spoil, arguments, words) in cases {
        let course = Fixture::new();
        spoil(&course);
        course.run(arguments).expect(2, words);
        assert!(
            !course.path(".checker").exists(),
            "{arguments:?} wrote something"
        );
    }
}

#[test]
fn outside_a_course_one_sentence_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = checker(folder.path(), &["status"])
        .output()
        .expect("it starts");
    said(&output).expect(2, &["no course found", "Change into the course's folder"]);
}

#[test]
fn a_line_that_is_no_event_is_moved_aside_with_a_warning() {
    let course = Fixture::new();
    answer(&course, RIGHT).expect(0, &[]);
    course.write(
        ".checker/progress.jsonl",
        &format!("{}<<<<<<< HEAD\n", course.progress()),
    );
    course.run(&["status"]).expect(
        0,
        &[
            "quiz passed",
            "warning: 1 line of the progress log",
            "progress.jsonl.rejected",
        ],
    );
    assert!(!course.run(&["status"]).err.contains("warning"));
}

#[test]
fn a_log_of_a_newer_checker_is_left_alone() {
    let course = Fixture::new();
    let newer = "{\"progress_version\":99}\n{\"new\":1}\n";
    course.write(".checker/progress.jsonl", newer);
    for arguments in [
        &["status"][..],
        &["quiz", "answers", "--answers", "my.json"],
    ] {
        course.write("my.json", RIGHT);
        course
            .run(arguments)
            .expect(3, &["has version 99", "update the course"]);
    }
    assert_eq!(course.progress(), newer);
}

#[test]
fn a_hint_tells_one_level_more_each_time_and_counts_for_nothing() {
    let course = Fixture::new();
    course
        .run(&["hint", "answers"])
        .expect(2, &["answers.md cannot be read"]);
    course.write("src/answers.md", "# Answers\n");
    course
        .run(&["hint", "answers"])
        .expect(2, &["has no hints"]);
    course.write(
        "src/answers.md",
        "<details>\n<summary>Hint: the sum</summary>\n\nWhat is six times seven?\n\n\
         <details>\n<summary>The idea</summary>\n\nMultiply.\n\n</details>\n\
         <details>\n<summary>The name</summary>\n\n`Mul::mul`\n\n</details>\n</details>\n",
    );
    let hint = |arguments: &[&str]| course.run(&[&["hint", "answers"], arguments].concat());
    hint(&[]).expect(
        0,
        &["1. the sum\nWhat is six", "cargo checker hint answers <1>"],
    );
    let second = hint(&["1"]);
    second.expect(0, &["1. the sum: level 2 of 3", "Multiply."]);
    assert!(!second.out.contains("Mul::mul"), "{}", second.out);
    hint(&["1"]).expect(0, &["level 3 of 3", "Mul::mul"]);
    hint(&["1"]).expect(0, &["level 3 of 3", "That is all there is"]);
    hint(&["1", "--level", "1"]).expect(0, &["level 1 of 3"]);
    hint(&["2"]).expect(2, &["has hints from 1 to 1"]);
    hint(&["1", "--level", "4"]).expect(2, &["has levels from 1 to 3"]);
    course.run(&["status"]).expect(0, &["exercise not tried"]);
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn only_what_is_judged_changes_what_counts_as_done_and_what_is_next() {
    let course = Fixture::new();
    for name in ["answers", "channels"] {
        course.write(&format!("checker/stubs/{name}.rs"), "// shipped\n");
    }
    course.write("solutions/src/answers.rs", "// the reference\n");
    course.write(
        "src/answers.md",
        "<details>\n<summary>Hint: the sum</summary>\n\nHow many?\n\n</details>\n",
    );
    course.solve("42");
    course.run(&["check", "answers"]).expect(0, &[]);
    let standing = || {
        let said = course.run(&["status", "--format", "json"]);
        let json: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
        let done = json["lessons"].as_array().expect("lessons").iter();
        let done: Vec<_> = done
            .map(|lesson| [&lesson["complete"], &lesson["exercise"]["state"]].map(Clone::clone))
            .collect();
        (done, json["next"].clone())
    };
    let before = standing();
    for arguments in [
        &["hint", "answers", "1"][..],
        &["solution", "answers"],
        &["report"],
        &["reset", "answers"],
        &["reset", "answers", "--undo"],
        &["quiz", "answers", "--print"],
        &["quiz", "answers", "--template"],
        &["completions", "bash"],
        &["status"],
    ] {
        course.run(arguments).expect(0, &[]);
        assert_eq!(standing(), before, "after {arguments:?}");
    }
}
