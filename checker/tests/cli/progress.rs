//! What becomes of the progress when checkers are killed, get in each other's way, or run out of
//! space.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::fixture::{Fixture, said};

const RIGHT: &str = r#"{"who-waits": "the caller", "prints": {"stdout": ""}}"#;
const ANSWER: [&str; 4] = ["quiz", "answers", "--answers", "my.json"];

fn tries(course: &Fixture) -> usize {
    let progress = course.progress();
    let lines = progress.lines();
    let tries = lines.filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
    // All but the header.
    tries.count() - 1
}

#[test]
fn checkers_at_once_lose_nothing() {
    let course = Fixture::new();
    course.write("my.json", RIGHT);
    for _ in 0..5 {
        let both = [0; 4].map(|_| {
            let mut command = course.command(&ANSWER);
            command.stdout(Stdio::null()).spawn().expect("it starts")
        });
        for mut one in both {
            assert_eq!(one.wait().expect("it ends").code(), Some(0));
        }
    }
    assert_eq!(tries(&course), 20);
}

#[test]
fn what_a_killed_checker_had_acknowledged_is_there() {
    let course = Fixture::new();
    course.write("my.json", RIGHT);
    course.run(&ANSWER).expect(0, &[]);
    let mut acknowledged = 1;
    let mut whole = Duration::MAX;
    let (rounds, measured_every) = (60_u16, 10);
    for round in 0..rounds {
        // How long one takes, as the other tests leave room for it.
        if round % measured_every == 0 {
            let begin = Instant::now();
            course.run(&ANSWER).expect(0, &[]);
            whole = whole.min(begin.elapsed());
            acknowledged += 1;
        }
        let mut command = course.command(&ANSWER);
        let mut one = command.stdout(Stdio::null()).spawn().expect("it starts");
        // From its first instant to a little after its last.
        thread::sleep(whole.mul_f64(1.2 * f64::from(round) / f64::from(rounds)));
        one.kill().expect("it can be killed, or has ended");
        if one.wait().expect("it ends").success() {
            acknowledged += 1;
        }
    }
    course.run(&["status"]).expect(0, &["quiz passed"]);
    let kept = tries(&course);
    assert!(
        (acknowledged..=usize::from(rounds + rounds / measured_every) + 1).contains(&kept),
        "{acknowledged} were acknowledged, {kept} are there"
    );
    course.run(&ANSWER).expect(0, &[]);
    assert_eq!(tries(&course), kept + 1, "the log can still be written");
}

#[test]
fn a_full_disk_takes_nothing_that_is_there() {
    let course = Fixture::new();
    course.write("my.json", RIGHT);
    // A file may not grow beyond a block or two: sooner or later a line fits by half.
    let limited = format!(
        "trap '' XFSZ; ulimit -f 1; exec '{}' {}",
        env!("CARGO_BIN_EXE_checker"),
        ANSWER.join(" ")
    );
    let mut acknowledged = 0;
    let refused = loop {
        assert!(acknowledged < 20, "the disk is never full");
        let before = course.progress();
        let mut command = Command::new("sh");
        command.args(["-c", &limited]).current_dir(course.path("."));
        let output = said(&command.output().expect("sh runs"));
        if output.code != Some(0) {
            assert_eq!(course.progress(), before);
            break output;
        }
        acknowledged += 1;
    };
    refused.expect(3, &["who-waits", "cannot be written", "free some space"]);
    course.run(&ANSWER).expect(0, &[]);
    assert_eq!(tries(&course), acknowledged + 1);
}

#[test]
fn what_can_only_be_read_is_read() {
    let course = Fixture::new();
    course.write("my.json", RIGHT);
    course.run(&ANSWER).expect(0, &[]);
    let folder = course.path(".checker");
    let mut permissions = fs::metadata(&folder).expect("it is there").permissions();
    fs::remove_file(folder.join("progress.lock")).expect("it was there");
    permissions.set_readonly(true);
    fs::set_permissions(&folder, permissions.clone()).expect("allowed");
    // For root nothing is read-only.
    if fs::write(folder.join("probe"), "").is_err() {
        course.run(&["status"]).expect(0, &["quiz passed"]);
        course
            .run(&ANSWER)
            .expect(3, &["who-waits", "make its folder writable"]);
    }
    #[expect(clippy::permissions_set_readonly_false, reason = "it is removed next")]
    permissions.set_readonly(false);
    fs::set_permissions(&folder, permissions).expect("allowed");
}

#[test]
fn what_was_done_under_an_old_name_still_counts() {
    let course = Fixture::new();
    course.write("my.json", RIGHT);
    course.run(&ANSWER).expect(0, &[]);
    let log = course.progress().replace(":\"answers\"", ":\"replies\"");
    course.write(".checker/progress.jsonl", &log);
    course.run(&["status"]).expect(0, &["quiz not tried"]);
    course.write("checker/renamed.toml", "replies = \"answers\"\n");
    course.run(&["status"]).expect(0, &["quiz passed"]);
    course
        .run(&["quiz", "replies", "--print"])
        .expect(0, &["who-waits"]);
    assert_eq!(course.progress(), log, "the log is as it was");
    course.write("checker/renamed.toml", "replies = 3\n");
    course.run(&["status"]).expect(
        2,
        &["renamed.toml: invalid type", "old_name = \"new_name\""],
    );
}
