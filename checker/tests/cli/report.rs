//! Quizzes and exercises in one document.

use std::io::Write as _;

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

#[test]
fn what_is_no_file_is_written_to_and_stays_what_it_is() {
    let course = Fixture::new();
    std::fs::create_dir(course.path("out")).expect("made");
    std::os::unix::fs::symlink("out/schema.json", course.path("link")).expect("linked");
    course
        .run(&["report", "--schema", "-o", "link"])
        .expect(0, &[]);
    assert!(course.path("link").is_symlink());
    let schema = std::fs::read_to_string(course.path("out/schema.json")).expect("written");
    for path in ["/dev/stdout", "/dev/fd/1"] {
        let said = course.run(&["report", "--schema", "-o", path]);
        said.expect(0, &[]);
        assert_eq!(said.out, schema);
    }
    // What a command before has written there is not overwritten.
    let file = std::fs::File::create(course.path("both.txt")).expect("made");
    (&file).write_all(b"before\n").expect("written");
    let mut command = course.command(&["report", "--schema", "-o", "/dev/stdout"]);
    assert!(command.stdout(file).status().expect("it starts").success());
    let both = std::fs::read_to_string(course.path("both.txt")).expect("written");
    assert_eq!(both, format!("before\n{schema}"));
    course
        .run(&["report", "-o", "out"])
        .expect(2, &["out is a folder"]);
}
