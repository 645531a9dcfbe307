//! The worked example of the chapter on atomics: a stadium counts its visitors, and announces the
//! final score.
//!
//! ```text
//! cargo run -p worked --example atomics
//! ```
//!
//! Every function runs in all orders that its threads could take. For each, the example prints what
//! can come out, and one order in which it does.

use std::sync::Arc;
use std::thread;

use instruments::model::{self, Model, Outcomes, Running};
use instruments::timeline::Timeline;
use sync::atomic::{AtomicBool, AtomicU64, Ordering};
use worked::{Explore, Knob};

// ANCHOR: load_and_store
fn let_in_by_load_and_store(visitors: &AtomicU64) {
    let before = visitors.load(Ordering::SeqCst);
    visitors.store(before + 1, Ordering::SeqCst);
}
// ANCHOR_END: load_and_store

// ANCHOR: let_in
fn let_in(visitors: &AtomicU64) {
    visitors.fetch_add(1, Ordering::Relaxed);
}
// ANCHOR_END: let_in

// ANCHOR: count
fn count(gates: usize) -> u64 {
    let visitors = AtomicU64::new(0);
    thread::scope(|scope| {
        for _gate in 0..gates {
            scope.spawn(|| let_in(&visitors));
        }
    });
    visitors.load(Ordering::Relaxed)
}
// ANCHOR_END: count

// ANCHOR: check_then_add
fn let_in_if_room(visitors: &AtomicU64, seats: u64) -> bool {
    let room = visitors.load(Ordering::SeqCst) < seats;
    if room {
        visitors.fetch_add(1, Ordering::SeqCst);
    }
    room
}
// ANCHOR_END: check_then_add

// ANCHOR: while_room
fn let_in_while_room(visitors: &AtomicU64, seats: u64) -> bool {
    let mut before = visitors.load(Ordering::Relaxed);
    while before < seats {
        match visitors.compare_exchange_weak(
            before,
            before + 1,
            Ordering::Relaxed,
            Ordering::Relaxed,
        ) {
            Ok(_) => return true,
            Err(now) => before = now, // look again
        }
    }
    false
}
// ANCHOR_END: while_room

// ANCHOR: relaxed
#[derive(Default)]
struct Score {
    home: AtomicU64,
    away: AtomicU64,
    over: AtomicBool,
}

impl Score {
    fn goals(&self) -> (u64, u64) {
        let home = self.home.load(Ordering::Relaxed);
        (home, self.away.load(Ordering::Relaxed))
    }

    fn announce_relaxed(&self, home: u64, away: u64) {
        self.home.store(home, Ordering::Relaxed);
        self.away.store(away, Ordering::Relaxed);
        self.over.store(true, Ordering::Relaxed);
    }

    fn read_relaxed(&self) -> Option<(u64, u64)> {
        let over = self.over.load(Ordering::Relaxed);
        over.then(|| self.goals())
    }
}
// ANCHOR_END: relaxed

// ANCHOR: announce
impl Score {
    fn announce(&self, home: u64, away: u64) {
        self.home.store(home, Ordering::Relaxed);
        self.away.store(away, Ordering::Relaxed);
        self.over.store(true, Ordering::Release);
    }

    fn read(&self) -> Option<(u64, u64)> {
        let over = self.over.load(Ordering::Acquire);
        over.then(|| self.goals())
    }
}
// ANCHOR_END: announce

/// Says "I go" and looks whether the other has said so. True: it has the way for itself.
// ANCHOR: each_sets_and_looks
fn may_go(mine: &AtomicBool, other: &AtomicBool, set: Ordering, look: Ordering) -> bool {
    mine.store(true, set);
    !other.load(look)
}
// ANCHOR_END: each_sets_and_looks

/// Two gates that let one visitor in each, and how many were counted.
fn two_gates(let_in: fn(&AtomicU64)) -> Outcomes {
    model::explore(move |model| {
        let visitors = Arc::new(AtomicU64::new(0));
        for gate in gates(model, &visitors, let_in) {
            gate.join();
        }
        format!("{} counted", visitors.load(Ordering::Relaxed))
    })
}

/// Two gates that each have a visitor for the last seat, and how many of them got it.
fn last_seat(let_in: fn(&AtomicU64, u64) -> bool) -> Outcomes {
    model::explore(move |model| {
        let visitors = Arc::new(AtomicU64::new(0));
        let let_in = gates(model, &visitors, move |visitors| let_in(visitors, 1))
            .into_iter()
            .map(Running::join)
            .filter(|let_in| *let_in)
            .count();
        format!("{let_in} let in")
    })
}

fn gates<T: Send + 'static>(
    model: &Model,
    visitors: &Arc<AtomicU64>,
    let_in: impl Fn(&AtomicU64) -> T + Send + Copy + 'static,
) -> [Running<T>; 2] {
    ["gate A", "gate B"].map(|gate| {
        let visitors = Arc::clone(visitors);
        model.spawn(gate, move || let_in(&visitors))
    })
}

/// A referee that announces 2 : 1, and what the board can show.
fn final_score(announce: fn(&Score, u64, u64), read: fn(&Score) -> Option<(u64, u64)>) -> Outcomes {
    model::explore(move |model| {
        let score = Arc::new(Score::default());
        let referee = model.spawn("referee", {
            let score = Arc::clone(&score);
            move || announce(&score, 2, 1)
        });
        let board = model.spawn("board", move || read(&score));
        referee.join();
        match board.join() {
            None => "still playing".to_owned(),
            Some((home, away)) => format!("{home} : {away}"),
        }
    })
}

/// Two vehicles at a narrow gate, and who takes the way to be free. Of their four operations, the
/// bus's store and load, then the van's, so many are `SeqCst`.
fn narrow_gate(consistent: u64) -> Outcomes {
    let ordering = move |number: u64, weaker| {
        if number <= consistent {
            Ordering::SeqCst
        } else {
            weaker
        }
    };
    let orderings = move |first| {
        let (set, look) = (Ordering::Release, Ordering::Acquire);
        (ordering(first, set), ordering(first + 1, look))
    };
    model::explore(move |model| {
        let bus = Arc::new(AtomicBool::new(false));
        let van = Arc::new(AtomicBool::new(false));
        let drivers = [
            ("bus", orderings(1), Arc::clone(&bus), Arc::clone(&van)),
            ("van", orderings(3), van, bus),
        ]
        .map(|(name, (set, look), mine, other)| {
            model.spawn(name, move || may_go(&mine, &other, set, look))
        });
        match drivers.map(Running::join) {
            [true, true] => "both go".to_owned(),
            [false, false] => "both wait".to_owned(),
            _ => "one goes".to_owned(),
        }
    })
}

/// The order that leads to `outcome`, as a picture.
fn picture(outcomes: &Outcomes, outcome: &str, proves: &str) -> Timeline {
    let timeline = outcomes.timeline(outcome);
    let found = || format!("`{outcome}` never comes out, only {:?}", outcomes.all());
    Timeline {
        proves: proves.to_owned(),
        ..timeline.unwrap_or_else(|| panic!("{}", found())).clone()
    }
}

/// What can happen at the narrow gate, with the worst of it as a picture.
fn both_go(consistent: u64) -> Timeline {
    let outcomes = narrow_gate(consistent);
    let all = outcomes.all();
    let worst = all.first().expect("every run has an outcome");
    let which = match consistent {
        0 => "all four are Release and Acquire",
        1 => "the bus's store",
        2 => "the bus's store and load",
        3 => "the bus's store and load, and the van's store",
        _ => "all four",
    };
    let which = format!("{consistent} of 4 SeqCst ({which})");
    picture(
        &outcomes,
        worst,
        &format!("{which}: possible are: {}. Shown: {worst}.", all.join(", ")),
    )
}

fn main() -> std::io::Result<()> {
    let by_load_and_store = two_gates(let_in_by_load_and_store);
    let by_addition = two_gates(let_in);
    let if_room = last_seat(let_in_if_room);
    let while_room = last_seat(let_in_while_room);
    let relaxed = final_score(Score::announce_relaxed, Score::read_relaxed);
    let announced = final_score(Score::announce, Score::read);
    assert!(count(2) == 2);

    println!("What can come out:\n");
    for (what, outcomes) in [
        ("load, then store", &by_load_and_store),
        ("fetch_add", &by_addition),
        ("check, then add", &if_room),
        ("compare_exchange", &while_room),
        ("announced Relaxed", &relaxed),
        ("announced", &announced),
    ] {
        println!("  {what:20} {}", outcomes.all().join(", "));
    }

    let consistent = Knob {
        one: "SeqCst operation",
        several: "SeqCst operations",
        values: &[0, 1, 2, 3, 4],
        default: 0,
    };
    Explore::new("consistent", consistent, |number| vec![both_go(number)]).show("atomics")?;
    worked::show(
        "atomics",
        &[
            (
                "lost_visitor",
                picture(
                    &by_load_and_store,
                    "1 counted",
                    "Both gates load 0, so both store 1: two visitors came in, one was counted.",
                ),
            ),
            (
                "both_counted",
                picture(
                    &by_addition,
                    "2 counted",
                    "Two additions, each in one step: the second reads what the first has written.",
                ),
            ),
            (
                "two_on_one_seat",
                picture(
                    &if_room,
                    "2 let in",
                    "Both gates see room for one, and both let their visitor in.",
                ),
            ),
            (
                "old_score",
                picture(
                    &relaxed,
                    "0 : 0",
                    "The board sees that the match is over, and reads goals from before it began.",
                ),
            ),
            (
                "whole_score",
                picture(
                    &announced,
                    "2 : 1",
                    "The board sees the store that released the goals, so it sees the goals.",
                ),
            ),
        ],
    )
}
