//! The program of the chapter on rate limiters, run as its users run it, against a server of ours.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Hands out each connection as it comes. They wait for their answers.
fn server() -> (String, Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let (arrived, arrivals) = channel();
    thread::spawn(move || {
        for connection in listener.incoming() {
            if arrived.send(connection.expect("a client")).is_err() {
                return;
            }
        }
    });
    (address, arrivals)
}

fn answer(mut connection: TcpStream) {
    writeln!(connection, "hello").expect("the client reads");
}

fn start(period: u32, places: usize, addresses: &[&String]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_rate_limiter"))
        .args([period.to_string(), places.to_string()])
        .args(addresses)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

fn end(child: Child) -> (Output, String, String) {
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, text, said)
}

#[test]
fn six_requests_take_five_periods_at_least() {
    let (address, arrivals) = server();
    let begin = Instant::now();
    let child = start(40, 6, &[&address; 6]);
    for connection in arrivals.iter().take(6) {
        answer(connection);
    }
    let (output, text, _) = end(child);
    // A slow machine makes it longer, never shorter.
    assert!(begin.elapsed() >= Duration::from_millis(200));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text, format!("{address}: hello\n").repeat(6));
}

#[test]
fn no_more_are_open_than_there_are_places() {
    let (address, arrivals) = server();
    let child = start(1, 2, &[&address; 5]);
    let mut open: Vec<_> = arrivals.iter().take(2).collect();
    // A slow machine may hide a third, and never makes one up.
    let third = arrivals.recv_timeout(Duration::from_millis(200));
    assert!(third.is_err(), "three requests are open");
    for _ in 0..3 {
        answer(open.pop().expect("an open request"));
        open.push(arrivals.recv().expect("the next one"));
    }
    open.into_iter().for_each(answer);
    let (output, text, _) = end(child);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text.lines().count(), 5);
}

#[test]
fn an_interrupt_lets_open_requests_end_and_sends_no_other() {
    let (address, arrivals) = server();
    let mut child = start(1, 2, &[&address; 5]);
    let open: Vec<_> = arrivals.iter().take(2).collect();
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("there is a kill").success());
    // While the places are taken, the three that wait are turned away.
    let stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut said = stderr.lines().map(|line| line.expect("text"));
    for _ in 0..3 {
        let line = said.next().expect("a request that is not sent");
        assert!(line.contains("not sent"), "{line}");
    }
    open.into_iter().for_each(answer);
    assert_eq!(
        said.next().as_deref(),
        Some("Error: 3 of the requests failed")
    );
    let (output, text, _) = end(child);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(text, format!("{address}: hello\n").repeat(2));
    assert!(arrivals.try_recv().is_err(), "a third request went out");
}

#[test]
fn a_server_that_cannot_be_reached_costs_its_own_answer() {
    let (address, arrivals) = server();
    let closed = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let nowhere = closed.local_addr().expect("an address").to_string();
    drop(closed);
    let child = start(1, 2, &[&nowhere, &address]);
    answer(arrivals.recv().expect("the request"));
    let (output, text, said) = end(child);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text, format!("{address}: hello\n"));
    assert!(said.contains(&nowhere), "{said}");
    assert!(said.contains("1 of the requests failed"), "{said}");
}
