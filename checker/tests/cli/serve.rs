//! `serve`, as far as its terminal tells: from a save to its verdict, and to the end.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::Fixture;
use crate::watch::Lines;

#[test]
fn a_saved_exercise_is_checked_and_ctrl_c_stops_its_tests() {
    let course = Fixture::new();
    course.write("src/answers.md", "# Answers\n\n## Exercise\n\nWrite it.\n");
    course.write("src/channels.md", "# Channels\n");
    let mut serve = course
        .command(&["serve", "--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let out = Lines::of(serve.stdout.take().expect("it is piped"));
    out.until("Open http://127.0.0.1:");
    out.until("Ctrl-C stops the server.");
    course.solve("41");
    out.until("x answers: core 0 of 1, pattern 0 of 0: the answer is 42, but 41 came");
    course.solve("42");
    out.until("+ answers: passed, with stretch");
    // The hanging run tells that it has begun, and by which process.
    let hang = "std::fs::write(\"begun.txt\", std::process::id().to_string()).unwrap(); \
                loop { std::thread::park() }";
    course.solve(hang);
    let begun = course.path("exercises/begun.txt");
    let process = loop {
        match std::fs::read_to_string(&begun).unwrap_or_default().parse() {
            Ok(process) => break process,
            Err(_) => std::thread::yield_now(),
        }
    };
    let id = Pid::from_raw(serve.id().cast_signed()).expect("an id is not zero");
    kill_process(id, Signal::INT).expect("it runs");
    assert_eq!(serve.wait().expect("it ends").code(), Some(0));
    let process = Pid::from_raw(process).expect("an id is not zero");
    assert!(
        rustix::process::test_kill_process(process).is_err(),
        "the tests still run"
    );
    assert!(!course.progress().contains("hung"), "a stopped run counts");
}
