//! The program of the chapter on channels, run as its users run it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

fn start() -> Child {
    Command::new(env!("CARGO_BIN_EXE_channels"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

#[test]
fn every_line_arrives_once_and_in_order() {
    let mut child = start();
    let lines: Vec<_> = (0..10_000).map(|n| format!("line {n}\n")).collect();
    let text = lines.concat();
    let mut input = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn({
        let text = text.clone();
        move || input.write_all(text.as_bytes())
    });
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads all");
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout) == text);
}

#[test]
fn a_line_is_passed_on_before_the_next_one_comes() {
    let mut child = start();
    let mut input = child.stdin.take().expect("a pipe");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    for said in ["one\n", "two\n"] {
        input.write_all(said.as_bytes()).expect("it reads");
        let mut line = String::new();
        output.read_line(&mut line).expect("it writes");
        assert_eq!(line, said);
    }
    drop(input);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn input_that_is_no_text_ends_it_with_an_error() {
    let mut child = start();
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"good\n\xff\n").expect("it reads");
    // The input stays open: the error alone ends the program.
    let output = child.wait_with_output().expect("it ends");
    drop(input);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "good\n");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("standard input"), "{said}");
}

#[test]
fn it_ends_when_its_output_is_closed_though_the_input_goes_on() {
    let mut child = start();
    drop(child.stdout.take());
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"line\n").expect("it reads");
    // The reader thread waits for a second line. It must not keep the process alive.
    let output = child.wait_with_output().expect("it ends");
    drop(input);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Broken pipe"), "{said}");
}
