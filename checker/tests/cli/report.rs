//! Quizzes and exercises in one document.

use crate::fixture::Fixture;

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_report_holds_quizzes_and_exercises_and_records_nothing() {
    let course = Fixture::new();
    course.solve_both("42", "41");
    course.write(
        "my.json",
        r#"{"who-waits": "nobody", "prints": {"line": 1}}"#,
    );
    course
        .run(&["quiz", "answers", "--answers", "my.json"])
        .expect(1, &[]);
    let before = course.progress();
    let said = course.run(&["report", "--format", "json"]);
    said.expect(0, &[]);
    let json: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    let answers = &json["lessons"][0];
    assert_eq!(answers["exercise"]["verdict"], "passed");
    assert_eq!(answers["exercise"]["rungs"]["stretch"]["passed"], 0);
    assert_eq!(answers["quiz"]["score"]["of"], 2);
    assert_eq!(answers["complete"], false);
    assert_eq!(json["lessons"][1]["exercise"]["verdict"], "not_checked");
    course
        .run(&["report", "answers"])
        .expect(0, &["| answers | passed | 0 of 1 | 0 of 2 |  |"]);
    let junit = course.run(&["report", "answers", "--format", "junit", "-o", "junit.xml"]);
    junit.expect(0, &[]);
    assert_eq!(junit.out, "");
    let xml = std::fs::read_to_string(course.path("junit.xml")).expect("written");
    assert!(
        xml.contains("<testsuite name=\"answers\" tests=\"3\" failures=\"1\""),
        "{xml}"
    );
    assert_eq!(course.progress(), before);
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_pass_of_what_has_failed_before_is_reported_as_a_race() {
    let course = Fixture::new();
    let flaky = "if std::fs::remove_file(\"once\").is_ok() { 41 } else { 42 }";
    course.solve(flaky);
    course.write("exercises/once", "");
    course.run(&["check", "answers"]).expect(1, &[]);
    course
        .run(&["report", "answers"])
        .expect(0, &["| unsteady |", "a race"]);
}

#[test]
fn what_cannot_be_reported_is_refused_before_anything_runs() {
    let course = Fixture::new();
    course
        .run(&["report", "nobody"])
        .expect(2, &["no lesson `nobody`"]);
    course
        .run(&["report", "--format", "xml"])
        .expect(2, &["markdown, json, junit"]);
    course
        .run(&["report", "answers", "-o", "no/such/report.md"])
        .expect(2, &["there is no folder no/such"]);
    assert!(!course.path("target").exists());
    let schema = course.run(&["report", "--schema"]);
    schema.expect(0, &["json-schema.org"]);
}
