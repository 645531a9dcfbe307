//! The program of the chapter on shared state, run as its users run it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_shared_state"))
}

#[test]
fn every_line_of_every_file_is_counted_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<_> = (0..100)
        .map(|n| folder.path().join(n.to_string()))
        .collect();
    for name in &names {
        fs::write(name, "two\nlines\n").expect("writable");
    }
    let output = program().args(&names).output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"200 lines in 100 files\n");
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_others_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = folder.path().join("good");
    fs::write(&good, "one\n").expect("writable");
    let files = [folder.path().join("missing"), good];
    let output = program().args(&files).output().expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"1 lines in 1 files\n");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("missing: No such file"), "{said}");
    assert!(said.contains("1 files failed"), "{said}");
}

/// A pipe has no end before its writer has closed it, so its file is at work until the test says so.
#[test]
fn the_report_names_the_file_that_takes_long() {
    let folder = tempfile::tempdir().expect("a folder");
    let slow = folder.path().join("slow");
    let made = Command::new("mkfifo").arg(&slow).status();
    assert!(made.expect("mkfifo is there").success());
    let mut child = program()
        .arg(&slow)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut report = String::new();
    let mut said = BufReader::new(child.stderr.take().expect("it is piped"));
    said.read_line(&mut report).expect("text");
    assert_eq!(report, format!("0 done, at work on {{{slow:?}}}\n"));

    fs::write(&slow, "at\nlast\n").expect("the program reads it");
    let mut counted = String::new();
    let mut out = child.stdout.take().expect("it is piped");
    out.read_to_string(&mut counted).expect("text");
    assert_eq!(counted, "2 lines in 1 files\n");
    assert!(child.wait().expect("it ends").success());
}
