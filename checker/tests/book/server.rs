//! Attacks by raw requests: a browser would not even send most of them.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::mpsc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use checker::book::Site;
use checker::book::server::{Guard, Live, Patience, Shared, Token, listen, serve};
use checker::progress;
use checker::report::{Checked, on_page};

use crate::course::Fixture;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub const RIGHT: &str = r#"{
    "full-queue": "It waits until a worker takes a job.",
    "who-ends-the-loop": ["when the last `Sender` is dropped", "when the body says `break`"],
    "stack-of-threads": "3",
    "prints": {"stdout": "1\n2\ndone, and this line is long enough that it has to be scrolled on a telephone"}
}"#;

/// The fixture's book, built once for all servers.
static SITE: LazyLock<Site> = LazyLock::new(|| {
    let fixture = Fixture::new();
    fixture.build().expect("the course is in order");
    Site::load(&fixture.path("book")).expect("built")
});

/// A server on a free port, until it is dropped.
struct Served {
    fixture: Fixture,
    address: SocketAddr,
    shared: Arc<Shared>,
    token: String,
    runtime: Option<tokio::runtime::Runtime>,
}

struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Served {
    fn start() -> Self {
        Self::with(Patience::default())
    }

    fn with(patience: Patience) -> Self {
        let fixture = Fixture::new();
        let listener = listen(LOOPBACK, 0).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let others = vec!["*.forwarded.example".parse().expect("a name")];
        let token = Token::random().expect("random numbers");
        let guard = Guard::new(address.port(), others, token);
        let shared = Shared::new(guard, fixture.path(""), SITE.clone());
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.spawn(serve(listener, Arc::clone(&shared), patience));
        let mut served = Self {
            fixture,
            address,
            shared,
            token: String::new(),
            runtime: Some(runtime),
        };
        let page = served.get("/pool.html").body;
        let (_, rest) = page
            .split_once("course-token\" content=\"")
            .expect("a token");
        rest.split_once('"')
            .expect("closed")
            .0
            .clone_into(&mut served.token);
        served
    }

    fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends `head` as it is, the body after it, and reads until the server has answered.
    fn send(&self, head: &str, body: &str) -> Reply {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        let _ = stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes());
        let mut bytes = Vec::new();
        // A refused body may end in a reset after the answer.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        Reply {
            status: head
                .split(' ')
                .nth(1)
                .and_then(|status| status.parse().ok())
                .unwrap_or_else(|| panic!("no answer, but: {text}")),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    fn get(&self, path: &str) -> Reply {
        self.send(
            &format!("GET {path} HTTP/1.1\r\nhost: {}\r\n", self.address),
            "",
        )
    }

    /// A POST of answers as the page sends it, but for the headers that `change` replaces (or leaves
    /// out, by an empty value).
    fn post(&self, body: &str, change: &[(&str, &str)]) -> Reply {
        self.post_to("quiz/pool", body, change)
    }

    fn post_to(&self, path: &str, body: &str, change: &[(&str, &str)]) -> Reply {
        let mut headers = vec![
            ("host", self.address.to_string()),
            ("origin", self.origin()),
            ("sec-fetch-site", "same-origin".to_owned()),
            ("content-type", "application/json".to_owned()),
            ("x-course-token", self.token.clone()),
            ("content-length", body.len().to_string()),
        ];
        for (name, value) in change {
            headers.retain(|(other, _)| other != name);
            if !value.is_empty() {
                headers.push((name, (*value).to_owned()));
            }
        }
        let mut head = format!("POST /__api/{path} HTTP/1.1\r\n");
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        self.send(&head, body)
    }

    fn status(&self) -> Reply {
        self.ask("status")
    }

    fn ask(&self, path: &str) -> Reply {
        let head = format!(
            "GET /__api/{path} HTTP/1.1\r\nhost: {}\r\nx-course-token: {}\r\n",
            self.address, self.token
        );
        self.send(&head, "")
    }

    fn has_recorded(&self) -> bool {
        self.fixture.path(".checker/progress.jsonl").exists()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[test]
fn a_passed_quiz_is_graded_recorded_and_shown() {
    let served = Served::start();
    let reply = served.post(RIGHT, &[]);
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.body, r#"{"correct":4,"of":4,"passed":true}"#);
    let overview = progress::overview(&served.fixture.course()).expect("readable");
    assert!(matches!(
        overview.lessons[0].quiz,
        progress::QuizState::Passed { .. }
    ));
    let status = served.status();
    assert!(
        status
            .body
            .contains("You passed this quiz on {date} with 4 of 4."),
        "{}",
        status.body
    );
}

#[test]
fn what_was_missed_comes_back_from_the_log_before_another_quiz_and_once() {
    let served = Served::start();
    let wrong = RIGHT.replace("\"3\"", "\"600\"");
    for answers in [wrong.as_str(), RIGHT] {
        assert_eq!(served.post(answers, &[]).status, 200);
    }
    let missed = || served.ask("missed/other").body;
    assert_eq!(missed(), "[]", "it was answered a moment ago");

    let log = served.fixture.path(".checker/progress.jsonl");
    let text = fs::read_to_string(&log).expect("recorded");
    let a_year_ago = |line: &str| {
        let mut event: serde_json::Value = serde_json::from_str(line).expect("an event");
        event["time"] = 1_700_000_000.into();
        format!("{event}\n")
    };
    let text: String = text.lines().map(a_year_ago).collect();
    fs::write(&log, text).expect("writable");
    assert_eq!(missed(), r#"[["pool","stack-of-threads"]]"#);
    assert_eq!(
        served.ask("missed/pool").body,
        "[]",
        "a quiz asks its own questions"
    );

    let back = |body: &str| served.post_to("missed/pool", body, &[]).status;
    assert_eq!(back(r#"{"stack-of-threads":{"line":3}}"#), 422);
    assert_eq!(missed(), r#"[["pool","stack-of-threads"]]"#);
    for _ in 0..2 {
        assert_eq!(back(r#"{"stack-of-threads":"600"}"#), 204);
    }
    assert_eq!(missed(), "[]");
    let text = fs::read_to_string(&log).expect("recorded");
    assert_eq!(text.matches("\"review\"").count(), 1, "{text}");
    assert_eq!(served.ask("missed/nowhere").status, 404);
}

#[test]
fn the_server_grades_again_what_the_page_says() {
    let served = Served::start();
    let wrong = RIGHT.replace("\"3\"", "\"600\"");
    assert_eq!(
        served.post(&wrong, &[]).body,
        r#"{"correct":3,"of":4,"passed":false}"#
    );
}

#[test]
fn another_name_for_the_server_is_refused() {
    let served = Served::start();
    for host in [
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "evil.example:3000",
    ] {
        for path in ["/", "/pool.html", "/__live/", "/__live.js", "/__api/status"] {
            let reply = served.send(&format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n"), "");
            assert_eq!(reply.status, 403, "{host}{path}");
            assert!(!reply.body.contains(&served.token));
        }
        assert_eq!(served.post(RIGHT, &[("host", host)]).status, 403, "{host}");
    }
    let proxied = format!(
        "GET http://evil.example/ HTTP/1.1\r\nhost: {}\r\n",
        served.address
    );
    assert_eq!(served.send(&proxied, "").status, 403);
    assert!(!served.has_recorded());
}

#[test]
fn the_refusal_says_how_to_give_leave_to_a_name_and_repeats_only_what_is_one() {
    let served = Served::start();
    let refusal = |host: &str| {
        let reply = served.send(&format!("GET / HTTP/1.1\r\nhost: {host}\r\n"), "");
        assert_eq!(reply.status, 403, "{host}");
        reply.body
    };
    let said = refusal("localhost:8000");
    assert!(
        said.contains("`cargo checker serve --host localhost:8000`"),
        "{said}"
    );
    for odd in ["$(id)", "a`id`", "*", "me@devbox"] {
        let said = refusal(odd);
        assert!(
            said.contains("`cargo checker serve --host <name>`"),
            "{said}"
        );
    }
}

#[test]
fn a_name_that_was_given_leave_to_is_served_and_records_answers() {
    let served = Served::start();
    let host = "silver-fish-3000.forwarded.example";
    let reply = served.send(&format!("GET /pool.html HTTP/1.1\r\nhost: {host}\r\n"), "");
    assert_eq!(reply.status, 200);
    let origin = format!("https://{host}");
    let change = [("host", host), ("origin", origin.as_str())];
    assert_eq!(served.post(RIGHT, &change).status, 200);
    assert!(served.has_recorded());
    let evil = [("host", host), ("origin", "https://evil.example")];
    assert_eq!(served.post(RIGHT, &evil).status, 403);
}

#[test]
fn localhost_leads_to_the_address_that_was_printed() {
    let served = Served::start();
    let host = format!("localhost:{}", served.address.port());
    let reply = served.send(&format!("GET /pool.html HTTP/1.1\r\nhost: {host}\r\n"), "");
    assert_eq!(reply.status, 307);
    let location = format!("location: {}/pool.html", served.origin());
    assert!(reply.head.contains(&location), "{}", reply.head);
    assert_eq!(served.post(RIGHT, &[("host", &host)]).status, 403);
}

#[test]
fn another_sites_page_cannot_record_answers() {
    let served = Served::start();
    for change in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("origin", ""),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("x-course-token", ""),
        ("x-course-token", "00000000000000000000000000000000"),
    ] {
        assert_eq!(served.post(RIGHT, &[change]).status, 403, "{change:?}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        assert_eq!(
            served.post(RIGHT, &[("content-type", kind)]).status,
            415,
            "{kind}"
        );
    }
    assert!(!served.has_recorded());
}

#[test]
fn no_other_origin_is_given_leave() {
    let served = Served::start();
    let preflight = format!(
        "OPTIONS /__api/quiz/pool HTTP/1.1\r\nhost: {}\r\norigin: http://evil.example\r\n\
         access-control-request-method: POST\r\n",
        served.address
    );
    for reply in [
        served.send(&preflight, ""),
        served.get("/"),
        served.status(),
    ] {
        assert!(
            !reply.head.contains("access-control-allow"),
            "{}",
            reply.head
        );
    }
}

#[test]
fn progress_is_read_with_the_token_only_and_the_token_not_by_other_sites() {
    let served = Served::start();
    assert_eq!(served.status().status, 200);
    assert_eq!(served.get("/__api/status").status, 403);
    for (path, mode) in [
        ("/pool.html", "no-cors"),
        ("/__live/", "cors"),
        ("/__live/", "no-cors"),
    ] {
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nsec-fetch-site: cross-site\r\nsec-fetch-mode: {mode}\r\n",
            served.address
        );
        assert_eq!(served.send(&head, "").status, 403, "{path} {mode}");
    }
}

#[test]
fn a_body_of_more_than_64_kilobytes_is_not_read() {
    let served = Served::start();
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(64 * 1024));
    assert_eq!(served.post(&long, &[]).status, 413);
    assert!(!served.has_recorded());
}

/// Reads until the server closes the connection.
fn read_to_the_end(mut stream: &TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_client_that_never_ends_its_head_is_left_and_the_others_are_served() {
    let served = Served::with(Patience {
        head: Duration::from_millis(300),
        ..Patience::default()
    });
    let slow: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(served.address).expect("it listens");
            stream.write_all(b"GET / HTTP/1.1\r\nhost: ").expect("sent");
            stream
        })
        .collect();
    assert_eq!(served.get("/pool.html").status, 200);
    for stream in &slow {
        // It would wait for ever if the server did.
        let said = read_to_the_end(stream);
        assert!(!said.contains("200"), "{said}");
    }
}

#[test]
fn a_body_that_never_ends_is_given_up() {
    let served = Served::with(Patience {
        request: Duration::from_millis(300),
        ..Patience::default()
    });
    let mut stream = TcpStream::connect(served.address).expect("it listens");
    let head = format!(
        "POST /__api/quiz/pool HTTP/1.1\r\nhost: {}\r\norigin: {}\r\ncontent-length: 1000\r\n\
         content-type: application/json\r\nx-course-token: {}\r\nconnection: close\r\n\r\n{{",
        served.address,
        served.origin(),
        served.token
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let said = read_to_the_end(&stream);
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
    assert!(!served.has_recorded());
}

#[test]
fn a_flood_of_connections_waits_and_does_not_stop_the_server() {
    let served = Served::with(Patience {
        head: Duration::from_millis(250),
        connections: 4,
        ..Patience::default()
    });
    let flood: Vec<_> = (0..8)
        .map(|_| TcpStream::connect(served.address).expect("the system's queue takes it"))
        .collect();
    assert_eq!(served.get("/pool.html").status, 200);
    drop(flood);
}

#[test]
fn answers_that_do_not_fit_are_refused_and_nothing_is_recorded() {
    let served = Served::start();
    for (body, status, says) in [
        ("{", 400, "not answers"),
        ("[1]", 400, "not answers"),
        ("{}", 422, "no answer: "),
        (r#"{"other": "x"}"#, 422, "no question `other`"),
    ] {
        let reply = served.post(body, &[]);
        assert_eq!(reply.status, status, "{body}");
        assert!(reply.body.contains(says), "{}", reply.body);
    }
    let head = |slug: &str| {
        format!(
            "POST /__api/quiz/{slug} HTTP/1.1\r\nhost: {}\r\norigin: {}\r\ncontent-length: 2\r\n\
             content-type: application/json\r\nx-course-token: {}\r\n",
            served.address,
            served.origin(),
            served.token
        )
    };
    for slug in ["pol", "other", "..%2f..%2fquiz%2fpool", "%2e%2e"] {
        assert_eq!(served.send(&head(slug), "{}").status, 404, "{slug}");
    }
    assert!(!served.has_recorded());
}

#[test]
fn no_path_leads_out_of_the_book() {
    let served = Served::start();
    for path in [
        "/../book.toml",
        "/..%2fbook.toml",
        "/%2e%2e/book.toml",
        "/css/../../book.toml",
        "//etc/passwd",
        "/pool.html/",
        "/./pool.html",
        "/..\\book.toml",
        "/.checker/progress.jsonl",
    ] {
        let reply = served.get(path);
        assert!(
            matches!(reply.status, 400 | 404),
            "{path}: {}",
            reply.status
        );
        assert!(!reply.body.contains("[preprocessor"), "{path}");
    }
    let delete = format!("DELETE /pool.html HTTP/1.1\r\nhost: {}\r\n", served.address);
    assert_eq!(served.send(&delete, "").status, 405);
}

#[test]
fn every_page_is_told_what_it_may_do() {
    let served = Served::start();
    for path in ["/", "/pool.html", "/nowhere.html", "/__live.js"] {
        let head = served.get(path).head;
        for header in [
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "cross-origin-resource-policy: same-origin",
            "referrer-policy: no-referrer",
        ] {
            assert!(head.contains(header), "{path}: {head}");
        }
    }
    for path in ["/", "/pool.html", "/nowhere.html"] {
        let head = served.get(path).head;
        let (_, policy) = head.split_once("content-security-policy: ").expect(path);
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self' 'sha256-"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"),
            "{policy}"
        );
    }
}

#[test]
fn open_pages_hear_of_builds_and_failures_at_once() {
    let served = Served::start();
    let mut stream = TcpStream::connect(served.address).expect("it listens");
    let head = format!(
        "GET /__live/pool.html HTTP/1.1\r\nhost: {}\r\n\r\n",
        served.address
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let (sender, events) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let mut bytes = [0; 1024];
        while let Ok(read @ 1..) = stream.read(&mut bytes) {
            text.push_str(&String::from_utf8_lossy(&bytes[..read]));
            while let Some((event, rest)) = text.split_once("\n\n") {
                if let Some((_, data)) = event.split_once("data: ") {
                    let _ = sender.send(data.to_owned());
                }
                text = rest.to_owned();
            }
        }
    });
    let next = || events.recv().expect("the connection stays open");

    let first = next();
    assert!(first.contains("\"error\":null"), "{first}");
    let version = |event: &str| {
        let (_, rest) = event.split_once("\"version\":\"").expect("a version");
        rest[..rest.find('"').expect("its end")].to_owned()
    };
    let page = served.get("/pool.html").body;
    assert!(
        page.contains(&version(&first)),
        "what is open is the newest: {first}"
    );
    served.shared.broken("src/pool.md:3: no");
    let broken = next();
    assert!(
        broken.contains("\"error\":\"src/pool.md:3: no\""),
        "{broken}"
    );
    assert_eq!(served.get("/pool.html").status, 200, "the last good page");
    served.shared.rebuilt(SITE.clone());
    let rebuilt = next();
    assert!(rebuilt.contains("\"error\":null"), "{rebuilt}");
    served.shared.progress_changed();
    assert!(next().contains("\"progress\":1"));
}

#[test]
fn the_quizs_script_stays_below_ten_kilobytes_and_all_with_its_style_below_twenty_four() {
    let served = Served::start();
    let page = served.get("/pool.html").body;
    let size = |path: &str| {
        let reply = served.get(path);
        assert_eq!(reply.status, 200, "{path}");
        reply.body.len()
    };
    let built = |begin: &str, stem: &str| {
        let (_, rest) = page.split_once(&format!("{begin}{stem}-")).expect(stem);
        let (hash, _) = rest.split_once('"').expect("closed");
        size(&format!("/{stem}-{hash}"))
    };
    let [quiz, keys] = ["quiz", "page"].map(|stem| built("<script src=\"", stem));
    assert!(quiz < 10 * 1024, "{quiz}");
    // The last is only for live pages and not part of the book.
    let scripts = quiz + keys + size("/__live.js");
    let style = built("href=\"", "course");
    // Twenty, before keys stayed in their elements and what scrolls was to show its edge.
    assert!(scripts + style < 24 * 1024, "{scripts} and {style}");
}

#[test]
fn a_saved_exercise_is_shown_as_its_tests_go_on() {
    let served = Served::start();
    let lesson = || "pool".parse().expect("a slug");
    assert!(!served.status().body.contains("\"live\""));
    served.shared.exercise(lesson(), Live::Checking);
    assert!(served.status().body.contains("Its tests run …"));
    let checked = Checked {
        lesson: lesson(),
        came_to: Err("</script><b>".to_owned()),
    };
    let live = Live::Checked(on_page(&checked));
    served.shared.exercise(lesson(), live);
    let reply = served.status();
    assert!(reply.head.contains("application/json"), "{}", reply.head);
    assert!(
        reply.body.contains("<pre>&lt;/script&gt;&lt;b&gt;</pre>"),
        "{}",
        reply.body
    );
}

#[test]
fn a_port_in_use_makes_way_for_the_next_free_one() {
    let taken = listen(LOOPBACK, 0).expect("a free port");
    let port = taken.local_addr().expect("bound").port();
    let other = listen(LOOPBACK, port).expect("another is free");
    let other = other.local_addr().expect("bound").port();
    assert!(other > port, "{other}");
}
