//! The program of the chapter on pipelines, run as its users run it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A file with these lines, and the folder that keeps it.
fn file(lines: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("amounts");
    fs::write(&path, lines).expect("writable");
    (folder, path)
}

fn program(path: &PathBuf) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipeline"));
    command.arg(path);
    command
}

fn run(path: &PathBuf) -> (Output, String, String) {
    let output = program(path).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    (output, out, err)
}

#[test]
fn the_sums_come_in_the_order_of_the_lines() {
    let lines: Vec<_> = (1..=500).map(|n| format!("shop {n},1\n")).collect();
    let (_folder, path) = file(&lines.concat());
    let (output, out, _) = run(&path);
    assert!(output.status.success(), "{output:?}");
    let expected = (1..=500).map(|n| format!("{n:10}  shop {n}"));
    assert!(out.lines().eq(expected), "{out}");
}

#[test]
fn a_bad_line_is_named_and_nothing_after_it_is_printed() {
    let lines = "good,2\nbad,two\n".to_owned() + &"late,1\n".repeat(10_000);
    let (_folder, path) = file(&lines);
    let (output, out, err) = run(&path);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(out, "         2  good\n");
    assert!(
        err.contains("line 2") && err.contains("invalid digit"),
        "{err}"
    );
}

#[test]
fn a_file_that_is_missing_is_named() {
    let (_folder, path) = file("");
    let (output, _, err) = run(&path.with_file_name("missing"));
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err.contains("missing") && err.contains("No such file"),
        "{err}"
    );
}

#[test]
fn it_ends_when_its_output_is_closed() {
    let (_folder, path) = file(&"shop,1\n".repeat(100_000));
    let mut child = program(&path)
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
