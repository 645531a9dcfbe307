//! The program of the chapter on fork–join, run as its users run it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(arguments: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fork_join"))
        .args(arguments)
        .output()
        .expect("it starts")
}

fn counted(text: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("text");
    fs::write(&path, text).expect("writable");
    let output = run(&[&path]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn no_line_is_counted_twice_wherever_the_text_is_cut() {
    for lines in [1, 2, 3, 7, 1_000] {
        let text = "zwei Wörter\n".repeat(lines);
        let expected = format!("{lines} {} {}", 2 * lines, text.len());
        assert_eq!(counted(&text), expected);
    }
    assert_eq!(counted("one long line that has no end"), "1 7 29");
    assert_eq!(counted("\n\n\n\n"), "4 0 4");
    assert_eq!(counted(""), "0 0 0");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let output = run(&[Path::new("no/such/file")]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no/such/file cannot be read"), "{said}");
}
