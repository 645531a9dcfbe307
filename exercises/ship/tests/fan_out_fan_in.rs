//! The program of the chapter on fan-out and fan-in, run as its users run it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::thread;

fn run(input: String) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fan_out_fan_in"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("piped");
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer
        .join()
        .expect("it does not panic")
        .expect("it reads all");
    output
}

fn lines_of<'a>(output: &'a str, account: &str) -> Vec<&'a str> {
    let lines = output.lines().filter_map(|line| line.split_once(' '));
    let lines = lines.filter(|(other, _)| *other == account);
    lines.map(|(_, balance)| balance).collect()
}

#[test]
fn the_changes_of_an_account_keep_their_order() {
    const ROUNDS: usize = 200;
    let accounts: Vec<String> = (0..20).map(|n| format!("account-{n}")).collect();
    let mut input = String::new();
    for change in [5, -5].repeat(ROUNDS) {
        for account in &accounts {
            writeln!(input, "{account} {change}").expect("memory");
        }
    }
    let output = run(input);
    // An overdrawn account would be an error, and so would a change that overtakes another.
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    for account in &accounts {
        assert_eq!(lines_of(&text, account), ["5", "0"].repeat(ROUNDS));
    }
}

#[test]
fn a_bad_line_is_named_and_the_state_stays_as_it_was() {
    let output = run("anna 50\nanna -80\nben\nanna much\nanna -20\n".to_owned());
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(lines_of(&text, "anna"), ["50", "30"]);
    let said = String::from_utf8_lossy(&output.stderr);
    for expected in [
        "anna: overdrawn by 30",
        "anna: \"much\": invalid digit",
        "ben: \"\": cannot parse integer",
        "3 of the changes failed",
    ] {
        assert!(said.contains(expected), "{expected} is not in {said}");
    }
}

#[test]
fn without_lines_there_is_nothing_to_do() {
    let output = run(String::new());
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{output:?}"
    );
}

#[test]
fn it_ends_when_its_output_is_closed() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fan_out_fan_in"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().expect("piped");
    // Lines without an end, until it no longer reads them.
    let writer = thread::spawn(move || while stdin.write_all(b"anna 1\nben 1\n").is_ok() {});
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("it does not panic");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Broken pipe"), "{said}");
}
