//! The program of the chapter on worker pools, run as its users run it.

use std::fs;
use std::process::{Command, Output, Stdio};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_worker_pool"))
}

fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<_> = text.lines().map(|line| line.trim().to_owned()).collect();
    lines.sort();
    lines
}

#[test]
fn every_file_is_counted_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<_> = (0..100)
        .map(|n| folder.path().join(format!("{n:03}")))
        .collect();
    for name in &names {
        fs::write(name, "two words").expect("writable");
    }
    let output = program().args(&names).output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    let expected: Vec<_> = names
        .iter()
        .map(|name| format!("2  {}", name.display()))
        .collect();
    assert_eq!(lines(&output), expected);
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_others_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = folder.path().join("good");
    fs::write(&good, "one").expect("writable");
    let output = program()
        .args([&folder.path().join("missing"), &good])
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines(&output), [format!("1  {}", good.display())]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("missing: No such file"), "{said}");
    assert!(said.contains("1 of the jobs failed"), "{said}");
}

#[test]
fn without_files_there_is_nothing_to_do() {
    let output = program().output().expect("it starts");
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{output:?}"
    );
}

#[test]
fn it_ends_when_nobody_reads_what_it_prints() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "word").expect("writable");
    let mut child = program()
        .args(vec![&file; 10_000])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Broken pipe"), "{said}");
}
