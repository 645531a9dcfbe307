//! The program of the chapter on async tasks, run as its users run it, against servers of ours.

use std::io::Write as _;
use std::net::TcpListener;
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

    fn answer(&self, text: &str) {
        let (mut client, _) = self.listener.accept().expect("a client");
        client.write_all(text.as_bytes()).expect("it reads");
    }
}

fn start(servers: &[&Server]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_async_tasks"))
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

#[test]
fn all_are_asked_before_one_has_answered() {
    let servers = [Server::new(), Server::new(), Server::new()];
    let child = start(&servers.each_ref());
    let clients = servers.each_ref().map(|server| {
        let (client, _) = server.listener.accept().expect("a client");
        client
    });
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
fn a_server_that_hangs_up_costs_its_own_answer() {
    let (good, bad) = (Server::new(), Server::new());
    let child = start(&[&bad, &good]);
    bad.answer("");
    good.answer("hello\n");
    let (output, text, said) = end(child);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text, format!("{}: hello\n", good.address));
    let wanted = format!("{}: it hung up", bad.address);
    assert!(said.contains(&wanted), "{said}");
    assert!(said.contains("1 of the questions failed"), "{said}");
}

#[test]
fn an_interrupt_drops_what_is_open() {
    let silent = Server::new();
    let child = start(&[&silent, &silent]);
    // The question has been asked, so the interrupt is already listened for.
    let _open = [silent.listener.accept(), silent.listener.accept()];
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("there is a kill").success());
    let (output, text, said) = end(child);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text.is_empty(), "{text}");
    assert!(said.contains("interrupted with 2 questions open"), "{said}");
}

#[test]
fn without_servers_there_is_nothing_to_ask() {
    let (output, text, said) = end(start(&[]));
    assert!(output.status.success(), "{output:?}");
    assert!(text.is_empty() && said.is_empty(), "{text}{said}");
}
