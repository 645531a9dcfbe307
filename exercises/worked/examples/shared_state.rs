//! The worked example of the chapter on shared state: a theatre's box office, with six windows and
//! one seating plan.
//!
//! ```text
//! cargo run -p worked --example shared_state
//! cargo run --release -p worked --example shared_state -- costs
//! ```
//!
//! The threads are real. Only the clock is simulated, so that the pictures come out the same
//! everywhere: printing a ticket takes 10 ms, and so does a guest's choice. With `costs`, it measures
//! on the real clock what readers gain by a `RwLock`.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::hint;
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use instruments::simulation::Simulation;
use instruments::timeline::Timeline;

const SEATS: u32 = 40;

// Warm-up: change this number, say which pictures will change, and run the example.
// ANCHOR: warm_up
const WINDOWS: usize = 6;
// ANCHOR_END: warm_up

/// A printed ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ticket {
    seat: u32,
    cents: u32,
}

// ANCHOR: hall
/// What is sold and what is left. It changes together, so it has one lock.
struct Hall {
    free: BTreeSet<u32>,
    taken: u32,
}

struct BoxOffice {
    hall: Mutex<Hall>,
    prices: OnceLock<BTreeMap<u32, u32>>,
}
// ANCHOR_END: hall

impl BoxOffice {
    fn new() -> Self {
        Self {
            hall: Mutex::new(Hall {
                free: (1..=SEATS).collect(),
                taken: 0,
            }),
            prices: OnceLock::new(),
        }
    }

    // ANCHOR: under_the_lock
    fn sell_under_the_lock(&self, printer: &Printer) -> Option<Ticket> {
        let mut hall = self.hall.lock().expect("no window panics");
        let seat = hall.take_seat()?;
        Some(printer.print(seat, self.price(seat)))
    }
    // ANCHOR_END: under_the_lock

    // ANCHOR: sell
    fn sell(&self, printer: &Printer) -> Option<Ticket> {
        let seat = self.take_seat()?;
        Some(printer.print(seat, self.price(seat)))
    }

    fn take_seat(&self) -> Option<u32> {
        let mut hall = self.hall.lock().expect("no window panics");
        hall.take_seat()
    }
    // ANCHOR_END: sell

    #[expect(clippy::manual_map, reason = "the match is what this is about")]
    // ANCHOR: match
    fn sell_in_a_match(&self, printer: &Printer) -> Option<Ticket> {
        match self.hall.lock().expect("no window panics").take_seat() {
            Some(seat) => Some(printer.print(seat, self.price(seat))),
            None => None,
        }
    }
    // ANCHOR_END: match

    // ANCHOR: check_then_act
    fn sell_after_asking(&self, guest: &Guest) -> Option<u32> {
        let offer = self.hall.lock().expect("no window panics").first_free()?;
        if !guest.likes(offer) {
            return None;
        }
        let mut hall = self.hall.lock().expect("no window panics");
        hall.free.remove(&offer);
        hall.taken += 1;
        Some(offer)
    }
    // ANCHOR_END: check_then_act

    // ANCHOR: check_again
    fn sell_if_still_free(&self, guest: &Guest) -> Option<u32> {
        loop {
            let offer = self.hall.lock().expect("no window panics").first_free()?;
            if !guest.likes(offer) {
                return None;
            }
            let mut hall = self.hall.lock().expect("no window panics");
            if hall.free.remove(&offer) {
                hall.taken += 1;
                return Some(offer);
            }
        }
    }
    // ANCHOR_END: check_again

    // ANCHOR: prices
    fn price(&self, seat: u32) -> u32 {
        self.prices.get_or_init(read_price_list)[&seat]
    }
    // ANCHOR_END: prices
}

impl Hall {
    fn first_free(&self) -> Option<u32> {
        self.free.first().copied()
    }

    fn take_seat(&mut self) -> Option<u32> {
        let seat = self.free.pop_first()?;
        self.taken += 1;
        Some(seat)
    }
}

fn read_price_list() -> BTreeMap<u32, u32> {
    (1..=SEATS)
        .map(|seat| (seat, if seat <= 10 { 4500 } else { 2800 }))
        .collect()
}

/// A window's own printer.
struct Printer<'a> {
    clock: &'a Simulation,
}

impl Printer<'_> {
    fn print(&self, seat: u32, cents: u32) -> Ticket {
        self.clock.work(&format!("seat {seat}"), 10);
        Ticket { seat, cents }
    }
}

/// Somebody who likes any seat, but has to think about it.
struct Guest<'a> {
    name: &'a str,
    clock: &'a Simulation,
}

impl Guest<'_> {
    /// The guest's choice, which takes as long as it takes.
    fn likes(&self, seat: u32) -> bool {
        self.clock.work(&format!("{}: seat {seat}?", self.name), 10);
        true
    }
}

/// Every window sells one ticket, and this is what it looks like.
fn sold(
    at_once: usize,
    proves: &str,
    sell: impl Fn(&BoxOffice, &Printer) -> Option<Ticket> + Sync,
) -> Timeline {
    let clock = Simulation::new(at_once, WINDOWS);
    let office = BoxOffice::new();
    let mut tickets: Vec<Ticket> = thread::scope(|scope| {
        let windows: Vec<_> = (0..WINDOWS)
            .map(|_| scope.spawn(|| sell(&office, &Printer { clock: &clock })))
            .collect();
        windows
            .into_iter()
            .filter_map(|window| window.join().expect("no window panics"))
            .collect()
    });
    tickets.sort_by_key(|ticket| ticket.seat);
    assert!(
        tickets.iter().zip(1..).all(|(ticket, n)| ticket.seat == n),
        "the windows sell the first seats, each once, but sold {tickets:?}"
    );
    let hall = office.hall.into_inner();
    let taken = hall.unwrap_or_else(PoisonError::into_inner).taken;
    assert!(taken as usize == WINDOWS, "{taken} seats were counted");
    clock.by_thread("window", proves, None)
}

/// Ann and Ben come to two windows at the same time, and this is what it looks like. Returns their
/// seats as well.
fn two_guests(
    jobs: usize,
    proves: &str,
    sell: impl Fn(&BoxOffice, &Guest) -> Option<u32> + Sync,
) -> (Timeline, Vec<u32>) {
    let clock = Simulation::new(2, jobs);
    let office = BoxOffice::new();
    let seats = thread::scope(|scope| {
        let windows = ["ann", "ben"].map(|name| {
            let (clock, office, sell) = (&clock, &office, &sell);
            scope.spawn(move || {
                let seat = sell(office, &Guest { name, clock })?;
                clock.work(&format!("ticket {seat} for {name}"), 10);
                Some(seat)
            })
        });
        windows
            .into_iter()
            .filter_map(|window| window.join().expect("no window panics"))
            .collect()
    });
    (clock.by_thread("window", proves, None), seats)
}

fn main() -> std::io::Result<()> {
    if env::args().nth(1).as_deref() == Some("costs") {
        costs();
        return Ok(());
    }
    let under_the_lock = sold(
        1,
        &format!(
            "Every window prints under the lock of the hall: {WINDOWS} tickets take {} ms, one at a \
             time.",
            WINDOWS * 10
        ),
        BoxOffice::sell_under_the_lock,
    );
    let after_the_lock = sold(
        WINDOWS,
        &format!("The lock is held for the choice of a seat: {WINDOWS} tickets take 10 ms."),
        BoxOffice::sell,
    );
    let in_a_match = sold(
        1,
        &format!(
            "The match keeps the guard until its arms are done: {} ms, one at a time.",
            WINDOWS * 10
        ),
        BoxOffice::sell_in_a_match,
    );
    let (mut sold_twice, seats) = two_guests(
        4,
        "Both guests were offered seat 1 while it was free, and both have a ticket for it.",
        BoxOffice::sell_after_asking,
    );
    assert!(seats == [1, 1], "seats {seats:?} were sold");
    // The first lane is Ann's: spans that begin together are ordered by their labels.
    sold_twice.lanes[1].spans[1].broken_rule = Some("sold already".to_owned());
    let (asked_again, mut seats) = two_guests(
        5,
        "Seat 1 is gone when Ben says yes, so he is offered the next one: 10 ms later, and his own.",
        BoxOffice::sell_if_still_free,
    );
    seats.sort_unstable();
    assert!(seats == [1, 2], "seats {seats:?} were sold");

    worked::show(
        "shared_state",
        &[
            ("under_the_lock", under_the_lock),
            ("after_the_lock", after_the_lock),
            ("in_a_match", in_a_match),
            ("sold_twice", sold_twice),
            ("asked_again", asked_again),
        ],
    )
}

/// How many reads each of two threads makes, and how many of the values it looks at.
const READS: [(usize, usize); 3] = [(10_000, 1), (4_000, 100), (1_000, 10_000)];

/// How often each is measured. The shortest time counts: others may have had the cores meanwhile.
const TRIES: usize = 300;

/// Measures two threads that only read, with either lock.
fn costs() {
    println!("two readers, no writer: time with a Mutex / time with a RwLock");
    for (reads, values) in READS {
        let plan: Vec<u64> = (0..values as u64).collect();
        let (mutex, rw_lock) = (Mutex::new(plan.clone()), RwLock::new(plan));
        let sum = |plan: &[u64]| hint::black_box(plan).iter().sum::<u64>();
        let mut best = [Duration::MAX; 2];
        for _ in 0..TRIES {
            let with_mutex = timed(reads, || sum(&mutex.lock().expect("nobody panics")));
            let with_rw_lock = timed(reads, || sum(&rw_lock.read().expect("nobody panics")));
            best = [best[0].min(with_mutex), best[1].min(with_rw_lock)];
        }
        let ratio = best[0].as_secs_f64() / best[1].as_secs_f64();
        println!("{values:6} values a read: {ratio:.1}");
    }
}

fn timed(reads: usize, read: impl Fn() -> u64 + Sync) -> Duration {
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..reads).map(|_| read()).fold(0, u64::wrapping_add));
        }
    });
    begun.elapsed()
}
