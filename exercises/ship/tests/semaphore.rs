//! The program of the chapter on semaphores, run as its users run it.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

fn start(at_once: usize, command: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_semaphore"))
        .arg(at_once.to_string())
        .args(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

fn end(mut child: Child, input: &str) -> (Output, String) {
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, said)
}

/// A command that says when it has begun, and runs until the file of its name is there.
const UNTIL_THE_FILE: [&str; 3] = [
    "sh",
    "-c",
    "echo \"$0\"; until [ -e \"$0\" ]; do sleep 0.01; done",
];

/// The first lines that a program prints, as they come.
fn printed(child: &mut Child) -> Receiver<String> {
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let (line, printed) = channel();
    thread::spawn(move || lines.for_each(|text| drop(line.send(text.expect("text")))));
    printed
}

fn let_end(name: &str) {
    fs::write(Path::new(name), "").expect("writable");
}

#[test]
fn every_line_is_one_command() {
    let (output, said) = end(start(3, &["echo", "-"]), "a b\nc\nd\n");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    assert!(output.status.success(), "{said}");
    assert_eq!(lines, ["- a b", "- c", "- d"]);
}

#[test]
fn no_more_run_than_there_are_permits_and_one_that_ends_is_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = start(2, &UNTIL_THE_FILE);
    let printed = printed(&mut child);
    let mut stdin = child.stdin.take().expect("piped");
    for name in ["a", "b", "c"] {
        writeln!(stdin, "{}", folder.path().join(name).display()).expect("it reads");
    }
    let first = printed.recv().expect("the first");
    let second = printed.recv().expect("the second");
    // A slow machine may hide a third, and never makes one up.
    let third = printed.recv_timeout(Duration::from_millis(200));
    assert!(third.is_err(), "three run at once");
    let_end(&first);
    let third = printed
        .recv()
        .expect("the third, while the second still runs");
    let_end(&second);
    let_end(&third);
    drop(stdin);
    let status = child.wait().expect("it ends");
    assert!(status.success(), "{status}");
}

#[test]
fn a_command_that_fails_is_named_and_costs_no_permit() {
    let (output, said) = end(start(1, &["test", "-n"]), "a\n\nb\n\n");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("exit status: 1"), "{said}");
    assert!(said.contains("2 of the jobs failed"), "{said}");
}

#[test]
fn an_interrupt_starts_no_other_command_and_waits_for_those_that_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = start(1, &UNTIL_THE_FILE);
    let printed = printed(&mut child);
    let mut stdin = child.stdin.take().expect("piped");
    for name in ["a", "b"] {
        writeln!(stdin, "{}", folder.path().join(name).display()).expect("it reads");
    }
    let first = printed.recv().expect("the first");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("there is a kill").success());
    // It has seen the signal when it says so.
    let mut stderr = BufReader::new(child.stderr.take().expect("piped")).lines();
    let said = stderr.next().expect("a line").expect("text");
    assert!(said.ends_with("1 still run"), "{said}");
    let_end(&first);
    // The input is still open: the program does not wait for it.
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
    assert!(printed.recv().is_err(), "the second began");
    drop(stdin);
}
