use super::*;

use crate::course::Course;

/// A line of cargo's on the lesson `pool`; its library is called as the learner's.
fn message(package: &str, kind: &str, target: &str, rest: &str) -> String {
    format!(
        r#"{{"reason":"compiler-message","package_id":"path+file:///t/{package}@0.1.0","target":{{"kind":["{kind}"],"name":"{target}"}},"message":{rest}}}"#
    )
}

fn diagnostic(level: &str, message: &str, file: Option<&str>) -> String {
    let span = file.map_or_else(String::new, |file| {
        format!(
            r#"{{"file_name":"elsewhere.rs","line_start":1,"is_primary":false,"expansion":null}},{{"file_name":"{file}","line_start":7,"is_primary":true,"expansion":null}}"#
        )
    });
    let at = file.unwrap_or("nowhere");
    format!(
        r#"{{"level":"{level}","message":"{message}","code":null,"rendered":"{message} in {at}\n","spans":[{span}]}}"#
    )
}

/// An error in the library of `lesson`.
fn error(lesson: &str, file: &str) -> String {
    let package = format!("lessons/{lesson}#exercises-{lesson}");
    message(
        &package,
        "lib",
        "exercises",
        &diagnostic("error", "mismatched types", Some(file)),
    )
}

/// An error that points to no file.
fn machine(kind: &str, target: &str, words: &str) -> String {
    let package = "lessons/pool#exercises-pool";
    message(package, kind, target, &diagnostic("error", words, None))
}

fn artifact(kind: &str, target: &str, executable: &str) -> String {
    format!(
        r#"{{"reason":"compiler-artifact","package_id":"path+file:///t/lessons/pool#exercises-pool@0.1.0","target":{{"kind":["{kind}"],"name":"{target}"}},"executable":{executable}}}"#
    )
}

fn program() -> String {
    artifact("test", "pool", r#""/t/pool-1""#)
}

const FINISHED: &str = r#"{"reason":"build-finished","success":true}"#;

/// The lesson `pool`, with a program that must not compile.
fn judged(lines: &[&str]) -> Option<Build> {
    let folder = tempfile::tempdir().expect("a folder");
    let course = Course::from_summary(folder.path(), "# Summary\n- [P](pool.md)\n");
    let course = course.expect("a course");
    let slug = "pool".parse().expect("a slug");
    for path in [
        course.exercise_path(&slug),
        course.tests_path(&slug),
        course.compile_fail_path(&slug).join("borrows.rs"),
    ] {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, "").expect("written");
    }
    let sources = Sources::read(&course, &slug).expect("read");
    let mut messages = Messages::default();
    for line in lines {
        messages.take(line);
    }
    messages.judge(&slug, &sources)
}

#[test]
fn a_build_that_works_yields_the_program_and_what_became_of_its_misuse() {
    let unused = message(
        "lessons/pool#exercises-pool",
        "lib",
        "exercises",
        &diagnostic("warning", "unused", Some("exercises/src/pool.rs")),
    );
    let library = artifact("lib", "exercises", "null");
    let rejected = message(
        "lessons/pool#exercises-pool",
        "example",
        "pool-borrows",
        &diagnostic(
            "error",
            "\\u001b[1mborrowed\\u001b[0m",
            Some("exercises/tests/ui/pool/borrows.rs"),
        ),
    );
    let aborting = machine(
        "example",
        "pool-borrows",
        "aborting due to 1 previous error",
    );
    let accepted = artifact("example", "pool-borrows", "null");
    let built = |case: &[&str]| {
        let lines = [&unused, "a build script speaks", &library, &program()];
        judged(&[&lines, case, &[FINISHED]].concat())
    };
    let ready = |came_to| {
        let file = "pool/borrows.rs".to_owned();
        Some(Build::Ready(
            "/t/pool-1".into(),
            vec![Compiled { file, came_to }],
        ))
    };
    assert_eq!(built(&[&accepted]), ready(CameTo::Accepted));
    let words = "borrowed in exercises/tests/ui/pool/borrows.rs\n".to_owned();
    let expected = ready(CameTo::Rejected { words });
    assert_eq!(built(&[&rejected, &aborting]), expected);
    assert_eq!(built(&[]), None, "its compiler was killed");
}

#[test]
fn an_error_in_the_lessons_package_is_the_lessons() {
    for file in ["exercises/src/pool.rs", "exercises/src/pool/queue.rs"] {
        let Some(Build::DidNotCompile(found)) = judged(&[&error("pool", file), FINISHED]) else {
            panic!("{file}");
        };
        assert_eq!(found.place, Some((file.into(), 7)));
        assert_eq!(found.rendered, format!("mismatched types in {file}\n"));
        assert_eq!(found.more, 0);
    }
    let tests = message(
        "lessons/pool#exercises-pool",
        "test",
        "pool",
        &diagnostic("error", "no such method", Some("exercises/tests/pool.rs")),
    );
    assert!(matches!(judged(&[&tests]), Some(Build::DidNotCompile(_))));
}

#[test]
fn the_crates_root_is_called_as_the_learner_knows_it() {
    let root = error("pool", "exercises/src/lib.pool.rs");
    let Some(Build::DidNotCompile(found)) = judged(&[&root]) else {
        panic!("it does not compile");
    };
    assert_eq!(found.place, Some(("exercises/src/lib.rs".into(), 7)));
    assert_eq!(found.rendered, "mismatched types in exercises/src/lib.rs\n");
}

#[test]
fn another_lessons_error_is_nothing_to_this_one() {
    let other = error("channels", "exercises/src/channels.rs");
    let accepted = artifact("example", "pool-borrows", "null");
    let built = judged(&[&other, &program(), &accepted]);
    assert!(matches!(built, Some(Build::Ready(..))));
    assert_eq!(judged(&[&other]), None);
    let own = error("pool", "exercises/src/pool.rs");
    let Some(Build::DidNotCompile(first)) = judged(&[&other, &own, &own]) else {
        panic!("not the lesson's own");
    };
    assert!(first.rendered.contains("pool.rs"));
    assert_eq!(first.more, 1);
}

#[test]
fn what_all_lessons_stand_on_blocks_them() {
    let broken = message(
        "exercises/sync#sync",
        "lib",
        "sync",
        &diagnostic("error", "mismatched types", Some("src/lib.rs")),
    );
    assert!(matches!(judged(&[&broken]), Some(Build::Blocked(_))));
}

#[test]
fn an_error_of_the_machine_is_no_verdict() {
    for words in [
        "linking with `cc` failed: signal: 9 (SIGKILL)",
        "failed to write /t/libexercises.rlib: No space left on device (os error 28)",
    ] {
        assert_eq!(judged(&[&machine("test", "pool", words)]), None, "{words}");
    }
    let crashed = message(
        "lessons/pool#exercises-pool",
        "lib",
        "exercises",
        &diagnostic(
            "error: internal compiler error",
            "oh",
            Some("exercises/src/pool.rs"),
        ),
    );
    assert_eq!(judged(&[&crashed]), None);
    let undefined = "linking with `cc` failed: undefined symbol: f";
    let declared = machine("test", "pool", undefined);
    assert!(matches!(
        judged(&[&declared]),
        Some(Build::DidNotCompile(_))
    ));
}

#[test]
fn an_error_within_a_macro_is_told_where_the_macro_was_called() {
    let line = message(
        "lessons/pool#exercises-pool",
        "lib",
        "exercises",
        r#"{"level":"error","message":"m","code":null,"rendered":"r","spans":[{"file_name":"/rust/library/std/src/macros.rs","line_start":1,"is_primary":true,"expansion":{"span":{"file_name":"exercises/src/pool.rs","line_start":9,"is_primary":false,"expansion":null}}}]}"#,
    );
    let Some(Build::DidNotCompile(error)) = judged(&[&line]) else {
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
                Compiling exercises-pool v0.1.0 (/c/exercises)\nerror: could not compile `exercises`\n    \
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
