//! The program of the chapter on timeouts and deadlines, run as its users run it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// So long that only a hang reaches it.
const LONG: u32 = 60_000;

struct Gateway {
    process: Child,
    address: String,
}

fn start(limit: u32, grace: u32) -> Gateway {
    let mut process = Command::new(env!("CARGO_BIN_EXE_timeouts_and_deadlines"))
        .args(["127.0.0.1:0", &limit.to_string(), &grace.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut address = String::new();
    let stdout = process.stdout.take().expect("piped");
    BufReader::new(stdout)
        .read_line(&mut address)
        .expect("it says where it listens");
    let address = address.trim_end().to_owned();
    Gateway { process, address }
}

impl Gateway {
    fn ask(&self, text: &str) -> TcpStream {
        let mut client = TcpStream::connect(&self.address).expect("it listens");
        client.write_all(text.as_bytes()).expect("it reads");
        client
    }

    /// Interrupts it, and returns when it has seen that.
    fn interrupt(&mut self) -> String {
        let kill = Command::new("kill")
            .args(["-INT", &self.process.id().to_string()])
            .status();
        assert!(kill.expect("there is a kill").success());
        let mut said = String::new();
        let stderr = self.process.stderr.take().expect("piped");
        BufReader::new(stderr)
            .read_line(&mut said)
            .expect("it says what is left");
        said
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn reply(mut client: TcpStream) -> String {
    let mut reply = String::new();
    client.read_to_string(&mut reply).expect("text");
    reply
}

/// A server, and a line with its address.
fn server() -> (TcpListener, String) {
    let server = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("{}\n", server.local_addr().expect("an address"));
    (server, address)
}

#[test]
fn a_request_within_the_limit_gets_its_answer() {
    let (server, address) = server();
    let gateway = start(LONG, LONG);
    let client = gateway.ask(&address);
    let (mut call, _) = server.accept().expect("the gateway calls");
    call.write_all(b"hello\nand more").expect("it reads");
    assert_eq!(reply(client), "hello\n");
}

#[test]
fn each_of_the_calls_ends_with_the_deadline() {
    let (server, address) = server();
    let gateway = start(50, LONG);
    let silent_client = gateway.ask("");
    assert_eq!(
        reply(silent_client),
        "error: client: deadline has elapsed\n"
    );
    let client = gateway.ask(&address);
    // The gateway may be late on a slow machine: then it has not called, and gives up all the same.
    let said = reply(client);
    assert!(said.ends_with(": deadline has elapsed\n"), "{said}");
    drop(server);
}

#[test]
fn a_call_that_fails_costs_its_own_request() {
    let gateway = start(LONG, LONG);
    let said = reply(gateway.ask("nowhere\n"));
    assert_eq!(said, "error: invalid socket address\n");
}

#[test]
fn an_interrupt_lets_an_open_request_end() {
    let (server, address) = server();
    let mut gateway = start(LONG, LONG);
    let client = gateway.ask(&address);
    let (mut call, _) = server.accept().expect("the gateway calls");
    assert_eq!(gateway.interrupt(), "no more requests; 1 are open\n");
    call.write_all(b"hello\n").expect("it reads");
    assert_eq!(reply(client), "hello\n");
    assert!(gateway.process.wait().expect("it ends").success());
}

#[test]
fn after_the_grace_period_an_open_request_is_told_and_answered() {
    let (server, address) = server();
    let mut gateway = start(LONG, 0);
    let client = gateway.ask(&address);
    let _call = server.accept().expect("the gateway calls");
    gateway.interrupt();
    assert_eq!(reply(client), "error: shutting down\n");
    assert!(gateway.process.wait().expect("it ends").success());
}
