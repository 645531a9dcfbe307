//! `serve`, as far as its terminal tells: from a save to its verdict, and to the end.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::Fixture;
use crate::watch::Lines;

/// Chapters with all that a lesson's must have.
fn chapters(course: &Fixture) {
    for slug in ["answers", "channels"] {
        let parts = "## From Go\n\n## Exercise\n\nWrite it.\n\n## Takeaways";
        let quiz = course.path(&format!("quiz/{slug}.toml"));
        let quiz = quiz.is_file().then(|| format!("{{{{#quiz {slug}}}}}"));
        let text = format!("# A\n\n{parts}\n\n{}\n", quiz.unwrap_or_default());
        course.write(&format!("src/{slug}.md"), &text);
    }
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_saved_exercise_is_checked_and_ctrl_c_stops_its_tests() {
    let course = Fixture::new();
    chapters(&course);
    let mut serve = course
        .command(&["serve", "--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let out = Lines::of(serve.stdout.take().expect("it is piped"));
    out.until("Open http://127.0.0.1:");
    out.until("Ctrl-C stops the server.");
    course.solve("41");
    out.until("x answers: core 0 of 1, pattern 0 of 0: the answer is 42, but 41 came");
    course.solve("42");
    out.until("+ answers: passed, with stretch");
    // A module that the exercise uses is saved.
    course.write("exercises/src/util.rs", "pub fn answer() -> u32 { 42 }\n");
    course.write(
        "exercises/src/lib.rs",
        "pub mod answers;\npub mod channels;\nmod util;\n",
    );
    course.solve("crate::util::answer()");
    out.until("+ answers: passed, with stretch");
    course.write("exercises/src/util.rs", "pub fn answer() -> u32 { 40 }\n");
    out.until("the answer is 42, but 40 came");
    // The hanging run tells that it has begun, and by which process.
    let hang = "std::fs::write(\"begun.txt\", std::process::id().to_string()).unwrap(); \
                loop { std::thread::park() }";
    course.solve(hang);
    let begun = course.path("exercises/begun.txt");
    let process = loop {
        match std::fs::read_to_string(&begun).unwrap_or_default().parse() {
            Ok(process) => break process,
            Err(_) => std::thread::yield_now(),
        }
    };
    let id = Pid::from_raw(serve.id().cast_signed()).expect("an id is not zero");
    kill_process(id, Signal::INT).expect("it runs");
    assert_eq!(serve.wait().expect("it ends").code(), Some(0));
    let process = Pid::from_raw(process).expect("an id is not zero");
    assert!(
        rustix::process::test_kill_process(process).is_err(),
        "the tests still run"
    );
    assert!(!course.progress().contains("hung"), "a stopped run counts");
}

/// What the server on `port` answers to a browser that knows it as `host`.
fn head_of_reply(port: u16, host: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let head = format!("GET /answers.html HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("sent");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("an answer");
    reply.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn the_names_that_a_dev_container_sets_are_served() {
    let course = Fixture::new();
    chapters(&course);
    let container = include_str!("../../../.devcontainer/devcontainer.json");
    let without_comments: Vec<_> = container
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let container: serde_json::Value =
        serde_json::from_str(&without_comments.concat()).expect("JSON");
    assert_eq!(container["forwardPorts"], serde_json::json!([3000]));
    let names = container["remoteEnv"]["COURSE_HOST"].as_str();
    let mut serve = course
        .command(&["serve", "--port", "0", "--host", "devbox"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let out = Lines::of(serve.stdout.take().expect("it is piped"));
    let line = out.until("Open http://127.0.0.1:");
    let port = |line: &str| {
        let (_, port) = line.trim_end_matches('/').rsplit_once(':').expect("a port");
        port.parse::<u16>().expect("a port")
    };
    let port_of_first = port(&line);
    out.until("It also answers to devbox.");
    assert!(head_of_reply(port_of_first, "devbox:8000").contains(" 200 "));
    assert!(head_of_reply(port_of_first, "a-3000.app.github.dev").contains(" 403 "));
    serve.kill().expect("it runs");
    serve.wait().expect("it ends");

    let mut serve = course
        .command(&["serve", "--port", "0"])
        .env("COURSE_HOST", names.expect("a text"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let out = Lines::of(serve.stdout.take().expect("it is piped"));
    let port = port(&out.until("Open http://127.0.0.1:"));
    for host in ["localhost:3001", "a-3000.app.github.dev"] {
        let reply = head_of_reply(port, host);
        assert!(reply.contains(" 200 "), "{host}: {reply}");
    }
    assert!(head_of_reply(port, "evil.example").contains(" 403 "));
    serve.kill().expect("it runs");
    serve.wait().expect("it ends");
}

#[test]
fn an_open_page_does_not_delay_ctrl_c_and_a_port_in_use_is_told() {
    let course = Fixture::new();
    chapters(&course);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("bound").port();
    let mut serve = course
        .command(&["serve", "--port", &port.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let out = Lines::of(serve.stdout.take().expect("it is piped"));
    out.until(&format!("Port {port} is in use; "));
    out.until("Ctrl-C stops the server.");
    // The next free one; the system may have given away some in between.
    let host = |port: u16| format!("127.0.0.1:{port}");
    let mut page = (port + 1..)
        .find_map(|port| {
            let mut stream = TcpStream::connect(host(port)).ok()?;
            let head = format!("GET /__live/ HTTP/1.1\r\nhost: {}\r\n\r\n", host(port));
            stream.write_all(head.as_bytes()).ok()?;
            Some(stream)
        })
        .expect("it listens");
    let mut heard = [0; 1024];
    let length = page.read(&mut heard).expect("an event stream");
    assert!(heard[..length].starts_with(b"HTTP/1.1 200 "), "it is open");

    let id = Pid::from_raw(serve.id().cast_signed()).expect("an id is not zero");
    kill_process(id, Signal::INT).expect("it runs");
    assert_eq!(serve.wait().expect("it ends").code(), Some(0));
    drop(page);
}
