//! The program of the chapter on data parallelism, run as its users run it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(arguments: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_data_parallelism"))
        .args(arguments)
        .output()
        .expect("it starts")
}

fn printed(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("text");
    fs::write(&path, text).expect("writable");
    let output = run(&[&path]);
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8_lossy(&output.stdout);
    printed.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn words_of_all_parts_are_added_up() {
    let text = "the cat\n\nthe dog the\n".repeat(10_000);
    assert_eq!(
        printed(&text),
        ["30000  the", "10000  cat", "10000  dog"],
        "the most frequent first, and by word where counts are equal"
    );
}

#[test]
fn ten_are_printed_and_of_an_empty_file_none() {
    let lines: Vec<_> = (0..100).map(|n| format!("word{n:02}")).collect();
    let words = printed(&lines.join("\n"));
    assert_eq!(words.len(), 10);
    assert_eq!(words[9], "1  word09");
    assert!(printed("").is_empty());
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let output = run(&[Path::new("no/such/file")]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no/such/file cannot be read"), "{said}");
    let said = String::from_utf8_lossy(&run(&[]).stderr).into_owned();
    assert!(said.contains("which file?"), "{said}");
}
