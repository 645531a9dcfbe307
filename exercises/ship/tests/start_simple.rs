//! The program of the chapter on starting simple, run as its users run it.

use std::net::TcpListener;
use std::process::{Command, Output};

fn run(arguments: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_start_simple"))
        .args(arguments)
        .output()
        .expect("it starts")
}

/// An address that accepts connections for as long as its listener lives.
fn listening() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has one").to_string();
    (listener, address)
}

#[test]
fn addresses_that_answer_are_listed_in_their_order() {
    let (_one, first) = listening();
    let (_other, second) = listening();
    let output = run(&[first.clone(), second.clone()]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<_> = text.lines().collect();
    assert!(
        lines[0].starts_with(&first) && lines[1].starts_with(&second),
        "{text}"
    );
}

#[test]
fn one_that_does_not_answer_is_named_and_the_others_are_listed() {
    let (_open, open) = listening();
    // A port that no program listens on.
    let refused = "127.0.0.1:1".to_owned();
    let output = run(&[refused.clone(), open.clone(), "no port".to_owned()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with(&open));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains(&format!("{refused}: Connection refused")),
        "{said}"
    );
    assert!(said.contains("no port: no such host"), "{said}");
    assert!(said.contains("2 of 3 do not answer"), "{said}");
}

#[test]
fn too_many_are_refused_before_a_thread_starts() {
    let output = run(&vec!["127.0.0.1:1".to_owned(); 65]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("at most 64 addresses"), "{said}");
}
