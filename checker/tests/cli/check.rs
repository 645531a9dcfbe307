//! `check` on a small course: a verdict for each way in which an exercise can end.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::fixture::{Fixture, said};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

const CHECK: &[&str] = &["check", "answers"];

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn from_the_stub_to_a_complete_lesson() {
    let course = Fixture::new();
    course.run(CHECK).expect(
        1,
        &[
            "x answers: not started",
            "x not written yet: answer",
            "at tests/answers.rs:1",
            "Next: read src/answers.md",
        ],
    );
    course.solve("41");
    course.run(CHECK).expect(
        1,
        &[
            "core      0 of  1  x",
            "x the answer is 42, but 41 came back",
            "Next: change exercises/src/answers.rs",
        ],
    );
    course.solve_both("42", "0");
    course.run(CHECK).expect(
        0,
        &[
            "+ answers: passed",
            "stretch   0 of  1  x",
            "a mark of its own",
        ],
    );
    course.solve("42");
    course.run(CHECK).expect(
        0,
        &["stretch   1 of  1  +", "Next: `cargo checker quiz answers`"],
    );
    course.write(
        "my.json",
        r#"{"who-waits": "the caller", "prints": {"stdout": ""}}"#,
    );
    course
        .run(&["quiz", "answers", "--answers", "my.json"])
        .expect(0, &[]);
    course.run(&["status"]).expect(
        0,
        &[
            "+ answers",
            "exercise passed, with stretch",
            "1 of 2 lessons complete",
            "next: read src/channels.md",
        ],
    );
    course.solve("40");
    course.run(CHECK).expect(1, &[]);
    course
        .run(&["status"])
        .expect(0, &["1 of 2 lessons complete", "source changed since"]);
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn an_exercise_that_does_not_compile_shows_the_compilers_words() {
    let course = Fixture::new();
    course.solve("\"42\"");
    course.run(CHECK).expect(
        1,
        &[
            "x answers: does not compile",
            "error[E0308]",
            "--> exercises/src/answers.rs:1",
        ],
    );
    course.write(
        "exercises/src/answers.rs",
        "pub fn answer() -> u32 { 42 }\n",
    );
    course
        .run(CHECK)
        .expect(1, &["error[E0425]", "as its documentation says"]);
    course
        .run(&["status"])
        .expect(0, &["exercise does not compile"]);
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_lesson_that_does_not_compile_keeps_no_other_from_being_checked() {
    let course = Fixture::new();
    course.solve("42");
    course.write(
        "exercises/src/channels.rs",
        "pub fn open() -> u32 { \"\" }\n",
    );
    course.run(CHECK).expect(0, &["+ answers: passed"]);
    // Unless it is used.
    course.solve("super::channels::open()");
    course.run(CHECK).expect(
        1,
        &[
            "x answers: does not compile",
            "--> exercises/src/channels.rs:1",
        ],
    );
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_helper_module_is_part_of_the_exercise() {
    let course = Fixture::new();
    let helper = |path: &str, body: &str| {
        course.write(path, &format!("pub fn answer() -> u32 {{ {body} }}\n"));
    };
    let own = "exercises/src/answers/split.rs";
    let shared = "exercises/src/util.rs";
    for (path, declared, call) in [
        (own, "mod split;", "split::answer()"),
        (shared, "", "crate::util::answer()"),
    ] {
        course.write(
            "exercises/src/lib.rs",
            "pub mod answers;\npub mod channels;\nmod util;\n",
        );
        course.solve(call);
        let exercise = course.path("exercises/src/answers.rs");
        let text = fs::read_to_string(&exercise).expect("it is there");
        fs::write(&exercise, format!("{declared}\n{text}")).expect("written");
        helper(path, "41");
        course.run(CHECK).expect(1, &["but 41 came back"]);
        helper(path, "42");
        let said = course.run(CHECK);
        said.expect(0, &["+ answers: passed"]);
        helper(path, "40");
        course.run(&["status"]).expect(0, &["source changed"]);
        helper(path, "\"\"");
        let place = format!("--> {path}:1");
        let said = course.run(CHECK);
        said.expect(1, &["x answers: does not compile", &place]);
        // What nobody names is nobody's trouble.
        course.solve("42");
        course.run(CHECK).expect(0, &["+ answers: passed"]);
    }
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn of_several_checks_at_once_one_runs_the_tests() {
    let course = Fixture::new();
    // Each run leaves a mark, and ends once all checks have begun.
    course.solve(
        "std::fs::create_dir(format!(\"run-{}\", std::process::id())).unwrap();
         while !std::path::Path::new(\"go\").exists() { std::thread::yield_now() }
         42",
    );
    let runs = || {
        let names = fs::read_dir(course.path("exercises")).expect("it is there");
        let names = names.map(|name| name.expect("listed").file_name());
        names
            .filter(|name| name.to_string_lossy().starts_with("run-"))
            .count()
    };
    let first = course
        .command(CHECK)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    until("the first runs the tests", || runs() == 1);
    let second = course
        .command(CHECK)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // It says so after a while; until then it has asked for nothing.
    let mut second = second;
    let mut noted = [0; 7];
    std::io::Read::read_exact(second.stderr.as_mut().expect("it is piped"), &mut noted)
        .expect("it says that it waits");
    assert_eq!(&noted, b"Another");
    course.write("exercises/go", "");
    for checker in [first, second] {
        let output = checker.wait_with_output().expect("it ends");
        said(&output).expect(0, &["+ answers: passed"]);
    }
    assert_eq!(runs(), 1);
    assert_eq!(course.progress().matches("\"outcome\"").count(), 1);
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_compiler_that_is_killed_is_no_verdict() {
    let course = Fixture::new();
    course.write("exercises/tests/ui/answers/borrows.rs", "fn main() {}\n");
    let wrapper = course.path("killed.sh");
    for (victim, kind) in [
        ("--crate-name exercises", "the library's"),
        ("--crate-name answers --", "the tests'"),
        ("--crate-name answers_borrows", "a case's"),
    ] {
        // All of it is compiled again.
        course.solve(&format!("42 /* {kind} */"));
        let script =
            format!("#!/bin/sh\ncase \"$*\" in *'{victim}'*) kill -9 $$;; esac\nexec \"$@\"\n");
        fs::write(&wrapper, script).expect("written");
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).expect("allowed");
        let output = course
            .command(CHECK)
            .env("RUSTC_WRAPPER", &wrapper)
            .output();
        let said = said(&output.expect("it starts"));
        assert_eq!(said.code, Some(3), "{kind}: {}{}", said.out, said.err);
        said.expect(
            3,
            &["cargo cannot build the exercises", "could not compile"],
        );
        assert_eq!(course.progress(), "", "{kind}");
    }
    course.run(CHECK).expect(0, &["+ answers: passed"]);
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn what_a_failing_test_prints_is_shown() {
    let course = Fixture::new();
    course.solve("println!(\"half of it: {}\", 20); 40");
    course.run(CHECK).expect(
        1,
        &[
            "but 40 came back",
            "It prints, when it runs alone",
            "    half of it: 20\n",
            "`cargo test -p exercises --test answers the_answer_is_42 -- --nocapture`",
        ],
    );
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_test_program_that_dies_is_told_with_what_it_left_undone() {
    let course = Fixture::new();
    for (body, words) in [
        (
            "println!(\"last words\"); std::process::abort()",
            &["`the_answer_is_42` aborts", "last words"][..],
        ),
        (
            "std::process::exit(0)",
            &[
                "`the_answer_is_42` ends the test program with code 0",
                "std::process::exit",
            ],
        ),
    ] {
        course.solve(body);
        let said = course.run(CHECK);
        said.expect(1, &["x answers: crashed"]);
        said.expect(1, words);
    }
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_test_that_aborts_is_named_and_the_others_get_their_verdicts() {
    let course = Fixture::new();
    course.solve(
        "struct Careless;
         impl Drop for Careless { fn drop(&mut self) { panic!(\"dropped badly\") } }
         let _careless = Careless;
         panic!(\"first\")",
    );
    let said = course.run(CHECK);
    said.expect(
        1,
        &[
            "x answers: crashed",
            "core      0 of  1  ?",
            "stretch   1 of  1  +",
            "x `the_answer_is_42` aborts the test program\n  at exercises/src/answers.rs:2\n",
            "    dropped badly\n",
            "`drop` must not panic",
        ],
    );
    assert!(!said.out.contains("the_extra"), "{}", said.out);
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_test_that_never_ends_is_stopped_at_the_limit() {
    let course = Fixture::new();
    course.solve("loop { std::thread::park() }");
    course.run(&["check", "answers", "--limit", "1"]).expect(
        1,
        &[
            "x answers: hangs",
            "stopped at the time limit",
            "    the_answer_is_42\n",
        ],
    );
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn output_without_end_is_stopped() {
    let course = Fixture::new();
    course.solve("loop { println!(\"{}\", \"x\".repeat(4000)) }");
    let said = course.run(CHECK);
    said.expect(1, &["x answers: prints without end"]);
    assert!(said.out.len() < 8000, "{} bytes", said.out.len());
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn one_source_that_fails_and_then_passes_is_a_race_and_no_pass() {
    let course = Fixture::new();
    // What a scheduler would decide, a file decides.
    course.solve("std::fs::read_to_string(\"luck.txt\").unwrap().trim().parse().unwrap()");
    course.write("exercises/luck.txt", "41");
    course.run(CHECK).expect(1, &["but 41 came back"]);
    course.write("exercises/luck.txt", "42");
    course.run(CHECK).expect(1, &["failed on another: a race"]);
    course
        .run(&["status"])
        .expect(0, &["exercise passes on some runs only"]);
    course.solve("42");
    course.run(CHECK).expect(0, &["+ answers: passed"]);
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_source_that_changes_while_its_tests_run_is_not_recorded() {
    let course = Fixture::new();
    course.solve("std::fs::write(\"src/answers.rs\", \"// new\").unwrap(); 42");
    course
        .run(CHECK)
        .expect(1, &["changed while the tests ran, so nothing was recorded"]);
    assert_eq!(course.progress(), "");
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_log_that_cannot_be_written_does_not_hide_the_verdict() {
    let course = Fixture::new();
    course.write(".checker", "a file where a folder should be");
    course.run(CHECK).expect(
        3,
        &[
            "x not written yet: answer",
            "error: the progress log",
            "cannot be written",
        ],
    );
}

#[test]
fn without_cargo_nothing_can_be_said() {
    let course = Fixture::new();
    let output = course
        .command(CHECK)
        .env("CARGO", "/no/such/cargo")
        .output();
    said(&output.expect("it starts")).expect(3, &["cargo cannot be started"]);
}

#[test]
fn a_workspace_that_cargo_cannot_read_is_cargos_word() {
    let course = Fixture::new();
    course.write("exercises/Cargo.toml", "[package\n");
    course
        .run(CHECK)
        .expect(3, &["cargo cannot build the exercises", "Cargo.toml"]);
    assert_eq!(course.progress(), "");
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn all_lessons_are_checked_at_once_a_line_each() {
    let course = Fixture::new();
    let tests = fs::read_to_string(course.path("exercises/tests/answers.rs")).expect("it is there");
    course.write(
        "exercises/tests/channels.rs",
        &tests.replace("answers", "channels"),
    );
    let solution = "pub fn answer() -> u32 { 42 }\npub fn extra() -> u32 { 42 }\n";
    course.write("exercises/src/channels.rs", solution);
    let said = course.run(&["check", "--all"]);
    said.expect(
        1,
        &[
            ". answers   not started\n+ channels  passed, with stretch\n",
            "1 of 2 passed",
            "Next: read src/answers.md",
        ],
    );
    assert!(said.err.contains("2 of 2 checked: "), "{}", said.err);
    course.run(&["status"]).expect(
        0,
        &["exercise not started", "exercise passed, with stretch"],
    );

    // Tests that do not compile are their lesson's own trouble.
    course.solve("42");
    course.replace(
        "exercises/tests/channels.rs",
        "fn judge(",
        "fn judge(_: Nothing, ",
    );
    course.run(&["check", "answers", "channels"]).expect(
        1,
        &["+ answers   passed", "x channels  does not compile: error"],
    );
    course.write(
        "exercises/src/channels.rs",
        "pub fn open() -> u32 { \"\" }\n",
    );
    course.run(&["check", "--all"]).expect(
        1,
        &[
            "+ answers   passed",
            "x channels  does not compile: error",
            "Next: `cargo checker check channels`.",
        ],
    );
    fs::remove_file(course.path("exercises/tests/channels.rs")).expect("it was there");
    course.write("exercises/src/channels.rs", solution);
    course.run(&["check", "--all"]).expect(
        1,
        &[
            "+ answers   passed",
            "x channels",
            "tests/channels.rs is missing",
        ],
    );
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn ctrl_c_stops_the_tests_and_records_nothing() {
    let course = Fixture::new();
    course.solve(
        "std::fs::write(\"pid.new\", std::process::id().to_string()).unwrap();
         std::fs::rename(\"pid.new\", \"pid.txt\").unwrap();
         loop { std::thread::park() }",
    );
    let checker = course
        .command(CHECK)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let pid_file = course.path("exercises/pid.txt");
    until("the test runs", || pid_file.exists());
    let test = pid(fs::read_to_string(pid_file)
        .expect("it is there")
        .parse()
        .expect("an id"));
    kill_process(pid(checker.id().cast_signed()), Signal::INT).expect("the checker runs");
    let output = checker.wait_with_output().expect("it ends");
    said(&output).expect(130, &["interrupted: the tests were stopped"]);
    until("the test is gone", || test_kill_process(test).is_err());
    assert_eq!(course.progress(), "");
}

fn pid(id: i32) -> Pid {
    Pid::from_raw(id).expect("an id is not zero")
}

/// Waits for what must come; gives up only after so long that it never will.
#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..60_000 {
        if holds() {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
    panic!("never: {what}");
}
