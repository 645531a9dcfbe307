//! A lesson without an exercise: its quiz alone completes it, and what is about exercises says so.

use crate::fixture::Fixture;

const CHOOSING: &str = "choosing_a_pattern";

const QUIZ: &str = r#"
[[questions]]
id = "which-one"
type = "ShortAnswer"
prompt.prompt = "Which one?"
prompt.feedback = "The simplest that fits."
answer.answer = "the loop"
context = ""
"#;

/// The fixture's course, with that lesson at its end.
fn course() -> Fixture {
    let course = Fixture::new();
    let line = "- [Channels](channels.md)\n";
    let more = format!("{line}- [Choosing]({CHOOSING}.md)\n");
    course.replace("src/SUMMARY.md", line, &more);
    course.write(&format!("src/{CHOOSING}.md"), "# Choosing\n");
    course.write(&format!("quiz/{CHOOSING}.toml"), QUIZ);
    course
}

#[test]
fn its_quiz_alone_completes_it() {
    let course = course();
    let row = "choosing_a_pattern  quiz not tried";
    course
        .run(&["status"])
        .expect(0, &[row, "no exercise", "0 of 3 lessons"]);
    course.write("my.json", r#"{"which-one": "the loop"}"#);
    course
        .run(&["quiz", CHOOSING, "--answers", "my.json"])
        .expect(0, &["1 of 1 right"]);
    course
        .run(&["status"])
        .expect(0, &["quiz passed", "1 of 3 lessons"]);
    let said = course.run(&["status", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    let lesson = &json["lessons"][2];
    assert_eq!(lesson["complete"], true, "{lesson}");
    assert_eq!(lesson["has_exercise"], false, "{lesson}");
    let said = course.run(&["report", CHOOSING, "--format", "json"]);
    said.expect(0, &["\"complete\": true"]);
}

#[test]
fn who_asks_for_its_exercise_is_sent_to_its_quiz() {
    let course = course();
    for asks in ["check", "hint", "watch", "solution", "mistakes", "reset"] {
        let said = course.run(&[asks, CHOOSING]);
        let words =
            "has no exercise; its quiz completes it: `cargo checker quiz choosing_a_pattern`";
        said.expect(2, &[words]);
    }
    assert_eq!(course.progress(), "", "something was written down");
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn checking_all_leaves_it_out() {
    let course = course();
    course.solve("42");
    let said = course.run(&["check", "--all"]);
    assert!(!said.out.contains(CHOOSING), "{}", said.out);
}
