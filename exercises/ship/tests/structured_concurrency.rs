//! The program of the chapter on structured concurrency, run as its users run it, against servers of
//! ours.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};

/// A server that answers when the test says so.
struct Server {
    listener: TcpListener,
    address: String,
}

impl Server {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        Self { listener, address }
    }

    fn client(&self) -> TcpStream {
        self.listener.accept().expect("a client").0
    }
}

fn start(servers: &[&Server]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_structured_concurrency"))
        .args(servers.iter().map(|server| &server.address))
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

/// What the client says until it hangs up.
fn last_words(mut client: TcpStream) -> String {
    let mut text = String::new();
    client.read_to_string(&mut text).expect("text");
    text
}

#[test]
fn it_ends_when_all_have_answered() {
    let servers = [Server::new(), Server::new()];
    let child = start(&servers.each_ref());
    let clients = servers.each_ref().map(Server::client);
    for mut client in clients {
        client.write_all(b"hello\n").expect("it reads");
    }
    let (output, text, _) = end(child);
    assert!(output.status.success(), "{output:?}");
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    let mut wanted = servers.map(|server| format!("{}: hello", server.address));
    wanted.sort_unstable();
    assert_eq!(lines, wanted);
}

#[test]
fn the_first_error_stops_the_rest_and_they_say_goodbye() {
    let (bad, slow) = (Server::new(), Server::new());
    let child = start(&[&bad, &slow]);
    let waiting = slow.client();
    drop(bad.client());
    assert_eq!(last_words(waiting), "goodbye\n");
    let (output, text, said) = end(child);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text.is_empty(), "{text}");
    assert!(said.contains(&bad.address), "{said}");
    assert!(said.contains("it hung up"), "{said}");
}

#[test]
fn an_interrupt_stops_all_and_they_say_goodbye() {
    let slow = Server::new();
    let child = start(&[&slow]);
    let waiting = slow.client();
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("there is a kill").success());
    assert_eq!(last_words(waiting), "goodbye\n");
    let (output, _, said) = end(child);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said.contains("interrupted"), "{said}");
}
