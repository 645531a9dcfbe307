use super::*;

fn error(file: &str) -> String {
    format!(
        r#"{{"reason":"compiler-message","target":{{"name":"exercises"}},"message":{{"level":"error","message":"mismatched types","rendered":"error[E0308] in {file}\n","spans":[{{"file_name":"elsewhere.rs","line_start":1,"is_primary":false,"expansion":null}},{{"file_name":"{file}","line_start":7,"is_primary":true,"expansion":null}}]}}}}"#
    )
}

const WARNING: &str = r#"{"reason":"compiler-message","message":{"level":"warning","message":"unused","rendered":"warning: unused\n","spans":[]}}"#;
const ABORTING: &str = r#"{"reason":"compiler-message","message":{"level":"error","message":"aborting due to 1 previous error","rendered":"","spans":[]}}"#;
const LIBRARY: &str = r#"{"reason":"compiler-artifact","target":{"name":"exercises"},"profile":{"test":false},"executable":null}"#;
const PROGRAM: &str = r#"{"reason":"compiler-artifact","target":{"name":"pool"},"profile":{"test":true},"executable":"/t/pool-1"}"#;
const FINISHED: &str = r#"{"reason":"build-finished","success":true}"#;

fn judged(lines: &[&str]) -> Option<Build> {
    let mut messages = Messages::default();
    for line in lines {
        messages.take(line);
    }
    messages.judge(&"pool".parse().expect("a slug"))
}

#[test]
fn a_build_that_works_yields_the_test_program() {
    let built = judged(&[WARNING, "a build script speaks", LIBRARY, PROGRAM, FINISHED]);
    assert_eq!(built, Some(Build::Ready("/t/pool-1".into())));
}

#[test]
fn an_error_in_the_lessons_file_or_its_tests_is_the_lessons() {
    for file in ["exercises/src/pool.rs", "exercises/tests/pool.rs"] {
        let Some(Build::DidNotCompile(error)) = judged(&[WARNING, &error(file), ABORTING]) else {
            panic!("{file}");
        };
        assert_eq!(error.place, Some((file.into(), 7)));
        assert_eq!(error.rendered, format!("error[E0308] in {file}\n"));
        assert_eq!(error.more, 0);
    }
}

#[test]
fn an_error_in_another_lesson_blocks_unless_this_one_is_broken_too() {
    let other = error("exercises/src/channels.rs");
    let Some(Build::Blocked(blocked)) = judged(&[&other, &other]) else {
        panic!("not blocked");
    };
    assert_eq!(blocked.more, 1);
    let own = error("exercises/src/pool.rs");
    let Some(Build::DidNotCompile(first)) = judged(&[&other, &own, &own]) else {
        panic!("not the lesson's own");
    };
    assert!(first.rendered.contains("pool.rs"));
    assert_eq!(first.more, 1);
}

#[test]
fn an_error_within_a_macro_is_told_where_the_macro_was_called() {
    let line = r#"{"reason":"compiler-message","message":{"level":"error","message":"m","rendered":"r","spans":[{"file_name":"/rust/library/std/src/macros.rs","line_start":1,"is_primary":true,"expansion":{"span":{"file_name":"exercises/src/pool.rs","line_start":9,"is_primary":false,"expansion":null}}}]}}"#;
    let Some(Build::DidNotCompile(error)) = judged(&[line]) else {
        panic!("not the lesson's own");
    };
    assert_eq!(error.place, Some(("exercises/src/pool.rs".into(), 9)));
}

#[test]
fn cargo_may_fail_without_a_word_of_the_compiler() {
    assert_eq!(
        judged(&[r#"{"reason":"build-finished","success":false}"#]),
        None
    );
}

#[test]
fn only_what_explains_a_wait_is_passed_on() {
    let said = "    Blocking waiting for file lock on package cache\n    \
                Blocking waiting for file lock on build directory\n   Compiling serde v1.0.0\n   \
                Compiling exercises v0.1.0 (/c/exercises)\nerror: could not compile `exercises`\n    \
                Finished `dev` profile\n";
    let mut notes = Vec::new();
    // As a pipe may cut it.
    let mut lines = Lines::default();
    for bytes in said.as_bytes().chunks(7) {
        lines.push(bytes, |line| {
            if explains_a_wait(line) {
                notes.push(line.to_owned());
            }
        });
    }
    let first: Vec<_> = notes
        .iter()
        .map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(first, [Some("Blocking"), Some("Compiling")]);
    assert!(notes[1].contains("serde"));
}

#[test]
fn errors_in_one_lessons_tests_stop_no_other() {
    let mut messages = Messages::default();
    for line in [
        &error("exercises/tests/pool.rs"),
        PROGRAM.replace("pool", "channels").as_str(),
    ] {
        messages.take(line);
    }
    let judged = |slug: &str| messages.judge(&slug.parse().expect("a slug"));
    assert!(matches!(judged("pool"), Some(Build::DidNotCompile(_))));
    assert!(matches!(judged("channels"), Some(Build::Ready(_))));
    assert!(judged("pipeline").is_none());
}
