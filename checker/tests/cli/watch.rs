//! `watch` without a terminal: from a save to its verdict.

use std::io::{BufRead as _, BufReader};
use std::process::{ChildStdout, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::Fixture;

/// How long a command may say nothing: so long that only one that hangs does.
const SILENCE: Duration = Duration::from_mins(2);

/// What a running command prints, a line at a time.
pub struct Lines(Receiver<String>);

impl Lines {
    pub fn of(out: ChildStdout) -> Self {
        let (heard, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(out).lines() {
                // The test has heard enough, and the command must not find its reader gone.
                let _ = heard.send(line.expect("it is text"));
            }
        });
        Self(lines)
    }

    /// Reads on until a line holds `words`: that line.
    #[track_caller]
    pub fn until(&self, words: &str) -> String {
        let mut heard = String::new();
        loop {
            match self.0.recv_timeout(SILENCE) {
                Ok(line) if line.contains(words) => return line,
                Ok(line) => heard += &(line + "\n"),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("it ended without `{words}`:\n{heard}")
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("for {SILENCE:?} it said nothing; `{words}` is missing:\n{heard}")
                }
            }
        }
    }
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_save_leads_to_its_verdict_also_while_the_tests_hang() {
    let course = Fixture::new();
    let mut watch = course
        .command(&["watch", "answers", "--poll", "5"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let out = Lines::of(watch.stdout.take().expect("it is piped"));
    out.until("x answers: not started");
    out.until("Watching answers: save a file");
    course.solve("41");
    out.until("but 41 came back");
    // The hanging run tells that it has begun.
    course.solve("std::fs::write(\"begun.txt\", \"\").unwrap(); loop { std::thread::park() }");
    while !course.path("exercises/begun.txt").exists() {
        std::thread::yield_now();
    }
    course.solve("42");
    out.until("+ answers: passed");
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
#[ignore = "builds a course; .ci/run runs it"]
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
    let out = Lines::of(watch.stdout.take().expect("it is piped"));
    out.until("tests/channels.rs is missing");
    watch.kill().expect("it runs");
    watch.wait().expect("it ends");
}
