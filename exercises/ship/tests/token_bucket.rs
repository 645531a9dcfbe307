//! The program of the chapter on token buckets, run as its users run it. A token takes an hour, so
//! that no run is slow enough to get one.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;

struct Server {
    program: Child,
    address: String,
}

impl Server {
    /// With buckets of five tokens.
    fn start() -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_token_bucket"))
            .args(["127.0.0.1:0", "3600000", "5"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(program.stdout.take().expect("piped"))
            .read_line(&mut line)
            .expect("it says its address");
        let address = line.trim().trim_start_matches("listening on ").to_owned();
        Self { program, address }
    }

    fn client(&self) -> Client {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        Client {
            answers: BufReader::new(stream.try_clone().expect("a handle")),
            stream,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

struct Client {
    stream: TcpStream,
    answers: BufReader<TcpStream>,
}

impl Client {
    fn ask(&mut self, line: &str) -> String {
        writeln!(self.stream, "{line}").expect("it reads");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("it answers");
        answer.trim().to_owned()
    }
}

#[test]
fn each_customer_has_a_burst_and_then_is_told_when_to_ask_again() {
    let server = Server::start();
    let mut client = server.client();
    assert_eq!(client.ask("anna 3"), "ok");
    assert_eq!(client.ask("anna 2"), "ok");
    assert!(client.ask("anna 1").starts_with("retry after 3"));
    assert_eq!(client.ask("ben 5"), "ok");
    assert_eq!(client.ask("ben 6"), "never: a bucket holds 5");
}

#[test]
fn fifty_clients_of_one_customer_get_five_tokens() {
    let server = Server::start();
    let clients: Vec<_> = (0..50).map(|_| server.client()).collect();
    let asked: Vec<_> = clients
        .into_iter()
        .map(|mut client| thread::spawn(move || client.ask("anna 1")))
        .collect();
    let answers = asked
        .into_iter()
        .map(|asked| asked.join().expect("an answer"));
    assert_eq!(answers.filter(|answer| answer == "ok").count(), 5);
}

#[test]
fn a_line_that_makes_no_sense_costs_nothing() {
    let server = Server::start();
    let mut client = server.client();
    for line in ["anna", "anna none", "anna 0", "anna -1", ""] {
        assert_eq!(client.ask(line), "not understood");
    }
    assert_eq!(client.ask("anna 5"), "ok");
}

#[test]
fn an_interrupt_ends_it_although_a_client_is_connected() {
    let mut server = Server::start();
    let mut client = server.client();
    assert_eq!(client.ask("anna 1"), "ok");
    let kill = Command::new("kill")
        .args(["-INT", &server.program.id().to_string()])
        .status();
    assert!(kill.expect("there is a kill").success());
    assert!(server.program.wait().expect("it ends").success());
    // The client is told by the end of its connection.
    assert!(matches!(
        client.answers.read_line(&mut String::new()),
        Ok(0) | Err(_)
    ));
}
