//! `watch` without a terminal: from a save to its verdict.

use std::io::{BufRead as _, BufReader};
use std::process::{ChildStdout, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::Fixture;

/// Reads on until a line holds `words`.
#[track_caller]
pub fn until(out: &mut BufReader<ChildStdout>, words: &str) {
    let mut heard = String::new();
    loop {
        let mut line = String::new();
        let read = out.read_line(&mut line).expect("it is text");
        assert!(read > 0, "it ended without `{words}`:\n{heard}");
        if line.contains(words) {
            return;
        }
        heard.push_str(&line);
    }
}

#[test]
fn a_save_leads_to_its_verdict_also_while_the_tests_hang() {
    let course = Fixture::new();
    let mut watch = course
        .command(&["watch", "answers", "--poll", "5"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut out = BufReader::new(watch.stdout.take().expect("it is piped"));
    until(&mut out, "x answers: not started");
    until(&mut out, "Watching answers: save a file");
    course.solve("41");
    until(&mut out, "but 41 came back");
    // The hanging run tells that it has begun.
    course.solve("std::fs::write(\"begun.txt\", \"\").unwrap(); loop { std::thread::park() }");
    while !course.path("exercises/begun.txt").exists() {
        std::thread::yield_now();
    }
    course.solve("42");
    until(&mut out, "+ answers: passed");
    let id = Pid::from_raw(watch.id().cast_signed()).expect("an id is not zero");
    kill_process(id, Signal::INT).expect("it runs");
    assert_eq!(watch.wait().expect("it ends").code(), Some(130));
    course
        .run(&["status"])
        .expect(0, &["exercise passed, with stretch"]);
    assert!(
        !course.progress().contains("hung"),
        "a cancelled run counts"
    );
}

#[test]
fn without_a_lesson_the_first_that_has_not_passed_is_watched() {
    let course = Fixture::new();
    course.solve("42");
    course.run(&["check", "answers"]).expect(0, &[]);
    let mut watch = course
        .command(&["watch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut out = BufReader::new(watch.stdout.take().expect("it is piped"));
    until(&mut out, "tests/channels.rs is missing");
    watch.kill().expect("it runs");
    watch.wait().expect("it ends");
}
