//! Runs that the pictures are tested on.

use record::timeline::{
    AtOnce, Between, HandOver, Instant, InstantKind, Lane, Level, Moment, Outcome, Point, Span,
    Timeline, Unit, Wait,
};

pub fn span(label: &str, start: u64, end: u64) -> Span {
    Span {
        label: label.to_owned(),
        start,
        end: Some(end),
        outcome: Outcome::Done,
        broken_rule: None,
    }
}

pub fn lane(name: &str, spans: Vec<Span>) -> Lane {
    Lane {
        name: name.to_owned(),
        spans,
        waits: Vec::new(),
        instants: Vec::new(),
    }
}

pub fn timeline(title: &str, proves: &str, unit: Unit, lanes: Vec<Lane>) -> Timeline {
    Timeline {
        title: title.to_owned(),
        proves: proves.to_owned(),
        unit,
        lanes,
        moments: Vec::new(),
        hand_overs: Vec::new(),
        at_once: None,
        level: None,
    }
}

pub fn one_lane() -> Timeline {
    let jobs = (0..6).map(|n| span(&format!("img {n}"), n * 10, n * 10 + 10));
    Timeline {
        at_once: Some(AtOnce { limit: None }),
        ..timeline(
            "One after another",
            "One thread: 60 ms, one at once.",
            Unit::VirtualMilliseconds,
            vec![lane("main", jobs.collect())],
        )
    }
}

pub fn three_workers() -> Timeline {
    let worker = |n: u64| {
        lane(
            &format!("worker {}", n + 1),
            vec![
                span(&format!("img {n}"), 0, 10),
                span(&format!("img {}", n + 3), 10, 20),
            ],
        )
    };
    Timeline {
        at_once: Some(AtOnce { limit: Some(3) }),
        ..timeline(
            "A pool of three workers",
            "Three workers: 20 ms, three at once.",
            Unit::VirtualMilliseconds,
            (0..3).map(worker).collect(),
        )
    }
}

pub fn four_of_three() -> Timeline {
    let mut lanes: Vec<Lane> = (0..4)
        .map(|n| {
            lane(
                &format!("thread {}", n + 1),
                vec![span(&format!("job {n}"), n, n + 4)],
            )
        })
        .collect();
    lanes[3].spans[0].broken_rule = Some("one more than the pool has workers".to_owned());
    Timeline {
        at_once: Some(AtOnce { limit: Some(3) }),
        ..timeline(
            "Too many at once",
            "4 jobs ran at once, but the pool has 3 workers.",
            Unit::Steps,
            lanes,
        )
    }
}

pub fn a_leak() -> Timeline {
    let fetch = |path: &str, start, end: Option<u64>, outcome| {
        let span = Span {
            end,
            outcome,
            ..span(&format!("fetch {path}"), start, 0)
        };
        lane(&format!("request {}", &path[1..]), vec![span])
    };
    let mut lanes = vec![
        fetch("/a", 0, Some(14), Outcome::Cancelled),
        fetch("/b", 0, Some(14), Outcome::Failed),
        fetch("/c", 2, Some(14), Outcome::Cancelled),
        fetch("/d", 2, None, Outcome::Open),
    ];
    lanes[3].spans[0].broken_rule = Some("still running".to_owned());
    Timeline {
        moments: vec![Moment {
            label: "the group returns: /b failed".to_owned(),
            at: 14,
        }],
        at_once: Some(AtOnce { limit: None }),
        ..timeline(
            "First error cancels the rest",
            "The group returned at 14 ms, but fetch /d was still running.",
            Unit::VirtualMilliseconds,
            lanes,
        )
    }
}

pub fn backpressure() -> Timeline {
    let wait = |start, end| Wait {
        label: "queue full".to_owned(),
        start,
        end: Some(end),
    };
    let mut source = lane(
        "source",
        vec![
            span("row 0", 0, 4),
            span("row 1", 4, 8),
            span("row 2", 12, 16),
            span("row 3", 24, 28),
        ],
    );
    source.waits = vec![wait(8, 12), wait(16, 24), wait(28, 36)];
    let stage = lane(
        "stage",
        vec![
            span("row 0", 4, 16),
            span("row 1", 16, 28),
            span("row 2", 28, 40),
        ],
    );
    let sent = |from, to| HandOver {
        from: (0, from),
        to: (1, to),
    };
    Timeline {
        hand_overs: vec![sent(4, 4), sent(12, 16), sent(24, 28)],
        ..timeline(
            "Backpressure",
            "A slow stage holds the source back: it waits for room in the queue.",
            Unit::VirtualMilliseconds,
            vec![source, stage],
        )
    }
}

pub fn token_bucket() -> Timeline {
    let instants = |kind, times: &[u64]| {
        times
            .iter()
            .map(|&at| Instant {
                label: String::new(),
                at,
                kind,
                broken_rule: None,
            })
            .collect()
    };
    let mut asked = lane("asked", Vec::new());
    asked.instants = instants(InstantKind::Asked, &[0, 0, 0, 0, 0, 0, 0, 24, 24, 24]);
    let mut granted = lane("granted", Vec::new());
    granted.instants = instants(InstantKind::Granted, &[0, 0, 0, 0, 0, 2, 4, 24, 24, 24]);
    Timeline {
        level: Some(tokens(&[
            (0, 5),
            (0, 0),
            (2, 1),
            (2, 0),
            (4, 1),
            (4, 0),
            (14, 5),
            (24, 5),
            (24, 2),
        ])),
        ..timeline(
            "Token bucket",
            "A burst of five, then one every 2 ms.",
            Unit::VirtualMilliseconds,
            vec![asked, granted],
        )
    }
}

fn tokens(points: &[(u64, u64)]) -> Level {
    Level {
        name: "tokens".to_owned(),
        points: points
            .iter()
            .map(|&(at, value)| Point { at, value })
            .collect(),
        between: Between::Ramp,
        cap: Some(5),
    }
}

/// Tokens gather without end while nobody asks.
pub fn an_uncapped_bucket() -> Timeline {
    let mut granted = lane("granted", Vec::new());
    granted.instants = [0, 24, 24, 24, 24, 24, 24, 24, 24]
        .map(|at| Instant {
            label: String::new(),
            at,
            kind: InstantKind::Granted,
            broken_rule: None,
        })
        .to_vec();
    granted.instants[6].broken_rule = Some("the bucket holds 5".to_owned());
    Timeline {
        level: Some(tokens(&[(0, 5), (0, 4), (24, 16), (24, 8)])),
        ..timeline(
            "Tokens without a cap",
            "8 at once after idling, but the bucket holds 5.",
            Unit::VirtualMilliseconds,
            vec![granted],
        )
    }
}

pub fn interleaving() -> Timeline {
    let mut first = lane(
        "thread A",
        vec![span("load 0", 0, 1), span("store 1", 3, 4)],
    );
    first.spans[1].broken_rule = Some("overwrites B: 2 additions, value 1".to_owned());
    let second = lane(
        "thread B",
        vec![span("load 0", 1, 2), span("store 1", 2, 3)],
    );
    timeline(
        "A lost addition",
        "Both threads load 0, so one addition is lost.",
        Unit::Steps,
        vec![first, second],
    )
}

pub fn old_read() -> Timeline {
    let labels = ["request = 7", "micros = 250", "state = 2"];
    let steps = |labels: &[&str], from: u64| {
        let steps = labels.iter().zip(from..);
        steps
            .map(|(label, at)| span(label, at, at + 1))
            .collect::<Vec<_>>()
    };
    let mut reader = lane(
        "reader",
        steps(&["state → 2", "request → 7", "micros → 0"], 3),
    );
    reader.spans[2].broken_rule = Some("old: publisher had stored 250".to_owned());
    timeline(
        "An old read",
        "The reader sees the state before what it announces.",
        Unit::Steps,
        vec![lane("publisher", steps(&labels, 0)), reader],
    )
}

/// Labels too wide for two columns.
pub fn below_zero() -> Timeline {
    let mut last = span("left 18446744073709551614 → 18446744073709551613", 3, 4);
    last.broken_rule = Some("worker 1 had made it 18446744073709551614".to_owned());
    timeline(
        "below zero",
        "Two workers got a request that was not there.",
        Unit::Steps,
        vec![
            lane(
                "worker 1",
                vec![
                    span("left 1 → 0", 0, 1),
                    span("left 18446744073709551615 → 18446744073709551614", 2, 3),
                ],
            ),
            lane(
                "worker 2",
                vec![span("left 0 → 18446744073709551615", 1, 2), last],
            ),
        ],
    )
}

/// Everything at once, on far too many lanes, with text that is hostile to every notation.
pub fn crowded() -> Timeline {
    let mut lanes: Vec<Lane> = (0..40)
        .map(|n| {
            let label = format!("job <{n}> & \"the ‘long’ one\"\u{1b}[31m");
            let mut spans = vec![span(&label, n * 3, n * 3 + 7), span("", n * 3 + 7, 130)];
            spans[0].outcome = [Outcome::Done, Outcome::Panicked, Outcome::Cancelled]
                [usize::try_from(n % 3).expect("it is small")];
            let mut lane = lane(&format!("a lane with the number {n}"), spans);
            lane.waits.push(Wait {
                label: "the lock".to_owned(),
                start: 131,
                end: None,
            });
            lane.instants.push(Instant {
                label: "panicked here".to_owned(),
                at: n,
                kind: InstantKind::Asked,
                broken_rule: None,
            });
            lane
        })
        .collect();
    lanes[20].spans[0].broken_rule =
        Some("a remark that goes on and on, until no line of any width could hold it".to_owned());
    let moment = |at: u64| Moment {
        label: format!("shutdown begins for the {at}th time, & nobody <listens>"),
        at,
    };
    Timeline {
        moments: vec![moment(5), moment(60), moment(125)],
        hand_overs: (0..39)
            .map(|n| HandOver {
                from: (n, 7),
                to: ((n * 7) % 40, 50),
            })
            .collect(),
        at_once: Some(AtOnce { limit: Some(8) }),
        ..timeline(
            "A <crowd>",
            "Nothing & \"nobody\" fits.",
            Unit::Milliseconds,
            lanes,
        )
    }
}

pub fn all() -> Vec<(&'static str, Timeline)> {
    vec![
        ("one_lane", one_lane()),
        ("three_workers", three_workers()),
        ("four_of_three", four_of_three()),
        ("a_leak", a_leak()),
        ("backpressure", backpressure()),
        ("token_bucket", token_bucket()),
        ("an_uncapped_bucket", an_uncapped_bucket()),
        ("interleaving", interleaving()),
        ("old_read", old_read()),
        ("below_zero", below_zero()),
        ("crowded", crowded()),
    ]
}
