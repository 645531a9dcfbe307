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
//! on the real clock what two readers gain by a `RwLock`.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::env;
use std::fs;
use std::hint;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, RwLock};
use std::time::{Duration, Instant};

use instruments::simulation::turns::{self, JoinHandle, Turns};
use instruments::timeline::{AtOnce, Timeline};
use worked::{Explore, Knob};

const SEATS: u32 = 40;
const WINDOWS: usize = 6;

static THEATRE: Turns = Turns::new();

/// What is called `thread::spawn` elsewhere.
mod thread {
    pub fn spawn<T: Send + 'static>(
        work: impl FnOnce() -> T + Send + 'static,
    ) -> super::JoinHandle<T> {
        super::THEATRE.spawn(work)
    }
}

/// std's mutex, on the theatre's clock.
struct Mutex<T>(turns::Mutex<T>);

impl<T> Mutex<T> {
    fn new(value: T) -> Self {
        Self(THEATRE.mutex(value))
    }

    fn lock(&self) -> Result<turns::Guard<'_, T>, Infallible> {
        self.0.lock()
    }
}

/// A printed ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ticket {
    seat: u32,
}

/// Prints a ticket, at a window's own printer: 10 ms.
fn print_ticket(seat: u32) -> Ticket {
    THEATRE.work("window", &format!("seat {seat}"), 10);
    Ticket { seat }
}

// ANCHOR: hall
struct Hall {
    free: BTreeSet<u32>,
    sold: u32,
}

impl Hall {
    fn take_seat(&mut self) -> Option<u32> {
        let seat = self.free.pop_first()?;
        self.sold += 1;
        Some(seat)
    }
}
// ANCHOR_END: hall

impl Hall {
    fn new() -> Self {
        Self {
            free: (1..=SEATS).collect(),
            sold: 0,
        }
    }

    fn first_free(&self) -> Option<u32> {
        self.free.first().copied()
    }

    fn give_back(&mut self, seat: u32) {
        self.free.insert(seat);
        self.sold -= 1;
    }
}

// ANCHOR: under_the_lock
fn sell_under_the_lock(hall: &Mutex<Hall>) -> Option<Ticket> {
    let mut hall = hall.lock().expect("no window panics");
    let seat = hall.take_seat()?;
    Some(print_ticket(seat))
}
// ANCHOR_END: under_the_lock

// ANCHOR: open_windows
fn open_windows(windows: usize, hall: Hall) -> Vec<Ticket> {
    let hall = Arc::new(Mutex::new(hall));
    let windows: Vec<JoinHandle<Option<Ticket>>> = (0..windows)
        .map(|_| {
            let hall = Arc::clone(&hall);
            thread::spawn(move || {
                let seat = hall.lock().expect("no window panics").take_seat()?;
                Some(print_ticket(seat))
            })
        })
        .collect();
    windows
        .into_iter()
        .filter_map(|window| window.join().expect("no window panics"))
        .collect()
}
// ANCHOR_END: open_windows

/// Sells a ticket that is made in two parts: so much of its 10 ms under the lock, the rest outside.
// ANCHOR: partly
fn sell_partly_under_the_lock(hall: &Mutex<Hall>, locked_ms: u64) -> Option<Ticket> {
    let mut locked = hall.lock().expect("no window panics");
    let seat = locked.take_seat()?;
    work("log", seat, locked_ms);
    drop(locked);
    work("print", seat, 10 - locked_ms);
    Some(Ticket { seat })
}
// ANCHOR_END: partly

fn work(what: &str, seat: u32, milliseconds: u64) {
    if milliseconds > 0 {
        THEATRE.work("window", &format!("{what} {seat}"), milliseconds);
    }
}

#[expect(clippy::manual_map, reason = "the match is what this is about")]
// ANCHOR: match
fn sell_in_a_match(hall: &Mutex<Hall>) -> Option<Ticket> {
    match hall.lock().expect("no window panics").take_seat() {
        Some(seat) => Some(print_ticket(seat)),
        None => None,
    }
}
// ANCHOR_END: match

// ANCHOR: check_then_act
fn sell_after_asking(hall: &Mutex<Hall>, guest: &Guest) -> Option<u32> {
    let offer = hall.lock().expect("no window panics").first_free()?;
    if !guest.likes(offer) {
        return None;
    }
    let mut hall = hall.lock().expect("no window panics");
    hall.free.remove(&offer);
    hall.sold += 1;
    Some(offer)
}
// ANCHOR_END: check_then_act

// ANCHOR: check_again
fn sell_if_still_free(hall: &Mutex<Hall>, guest: &Guest) -> Option<u32> {
    loop {
        let offer = hall.lock().expect("no window panics").first_free()?;
        if !guest.likes(offer) {
            return None;
        }
        let mut hall = hall.lock().expect("no window panics");
        if hall.free.remove(&offer) {
            hall.sold += 1;
            return Some(offer);
        }
    }
}
// ANCHOR_END: check_again

// ANCHOR: exchange
fn exchange(from: &Mutex<Hall>, to: &Mutex<Hall>, seat: u32) -> Option<u32> {
    let mut from = from.lock().expect("no window panics");
    let mut to = to.lock().expect("no window panics");
    let new = to.take_seat()?;
    from.give_back(seat);
    Some(new)
}
// ANCHOR_END: exchange

// ANCHOR: exchange_in_order
fn exchange_in_order(halls: &[Mutex<Hall>], from: usize, to: usize, seat: u32) -> Option<u32> {
    if from == to {
        return Some(seat); // its lock, taken twice, would make the thread wait for itself
    }
    let lock = |hall: usize| halls[hall].lock().expect("no window panics");
    let (low, high) = (lock(from.min(to)), lock(from.max(to)));
    let (mut from, mut to) = if from < to { (low, high) } else { (high, low) };
    let new = to.take_seat()?;
    from.give_back(seat);
    Some(new)
}
// ANCHOR_END: exchange_in_order

// ANCHOR: prices
static PRICES: OnceLock<BTreeMap<u32, u32>> = OnceLock::new();

fn price(seat: u32) -> u32 {
    PRICES.get_or_init(read_price_list)[&seat]
}
// ANCHOR_END: prices

fn read_price_list() -> BTreeMap<u32, u32> {
    (1..=SEATS)
        .map(|seat| (seat, if seat <= 10 { 4500 } else { 2800 }))
        .collect()
}

/// A guest, to whom any seat is right, but who thinks about it.
struct Guest {
    name: &'static str,
}

impl Guest {
    /// The guest's choice: 10 ms.
    fn likes(&self, seat: u32) -> bool {
        THEATRE.work("window", &format!("{}: {seat}?", self.name), 10);
        true
    }
}

/// The picture of what has happened since the last one, and what it shows in words.
fn picture(proves: impl FnOnce(&Timeline) -> String) -> Timeline {
    let mut picture = THEATRE.picture("");
    picture.level = None;
    picture.at_once = Some(AtOnce { limit: None });
    picture.proves = proves(&picture);
    picture
}

/// Every window sells a ticket in this way.
fn each_sells(sell: impl Fn(&Mutex<Hall>) -> Option<Ticket> + Send + Copy + 'static) {
    let hall = Arc::new(Mutex::new(Hall::new()));
    let windows = [(); WINDOWS].map(|()| {
        let hall = Arc::clone(&hall);
        thread::spawn(move || sell(&hall))
    });
    let tickets = windows.map(|window| window.join().expect("no window panics"));
    assert_first_seats(&tickets.into_iter().flatten().collect::<Vec<_>>());
    let sold = hall.lock().expect("no window panics").sold as usize;
    assert!(sold == WINDOWS, "{sold} seats were counted");
}

fn assert_first_seats(tickets: &[Ticket]) {
    let seats: BTreeSet<u32> = tickets.iter().map(|ticket| ticket.seat).collect();
    let first = (1..).take(WINDOWS).collect();
    assert!(
        tickets.len() == WINDOWS && seats == first,
        "the windows sell the first seats, each once, but sold {tickets:?}"
    );
}

/// The run in which each ticket spends so much of its 10 ms under the lock.
fn partly_under_the_lock(locked_ms: u64) -> Timeline {
    each_sells(move |hall| sell_partly_under_the_lock(hall, locked_ms));
    picture(|run| {
        let waits = run.lanes.iter().flat_map(|lane| &lane.waits);
        let waited = waits.map(|wait| wait.end.unwrap_or(wait.start) - wait.start);
        format!(
            "{locked_ms} of the 10 ms under the lock: six tickets take {} ms, and the windows wait {} ms \
             for the lock, all together.",
            run.end(),
            waited.sum::<u64>(),
        )
    })
}

/// Ann and Ben come to two windows at the same time. Returns their seats.
fn two_guests(sell: fn(&Mutex<Hall>, &Guest) -> Option<u32>) -> Vec<u32> {
    let hall = Arc::new(Mutex::new(Hall::new()));
    let windows = ["Ann", "Ben"].map(|name| {
        let hall = Arc::clone(&hall);
        thread::spawn(move || {
            let seat = sell(&hall, &Guest { name })?;
            THEATRE.work("window", &format!("seat {seat}: {name}"), 10);
            Some(seat)
        })
    });
    let seats = windows.map(|window| window.join().expect("no window panics"));
    seats.into_iter().flatten().collect()
}

/// Two guests exchange their seats, one from each hall to the other.
fn exchanges() {
    let halls = [(); 2].map(|()| Mutex::new(Hall::new()));
    for hall in &halls {
        hall.lock().expect("no window panics").take_seat();
    }
    let [first, second] = &halls;
    assert!(exchange(first, second, 1) == Some(2));
    assert!(exchange_in_order(&halls, 1, 0, 1) == Some(1));
    let sold = halls.map(|hall| hall.lock().expect("no window panics").sold);
    assert!(sold == [1, 1], "{sold:?} seats are sold");
}

fn main() -> io::Result<()> {
    if env::args().nth(1).as_deref() == Some("costs") {
        return costs();
    }
    each_sells(sell_under_the_lock);
    let under_the_lock = picture(|run| {
        let end = run.end();
        format!("Every window prints under the lock of the hall: six tickets take {end} ms.")
    });
    assert_first_seats(&open_windows(WINDOWS, Hall::new()));
    let after_the_lock = picture(|run| {
        let end = run.end();
        format!("The lock is held to take a seat, and no longer: six tickets take {end} ms.")
    });
    each_sells(sell_in_a_match);
    let in_a_match = picture(|run| {
        let end = run.end();
        format!("The match keeps the guard until its end: six tickets take {end} ms.")
    });

    let seats = two_guests(sell_after_asking);
    assert!(seats == [1, 1], "seats {seats:?} were sold");
    let mut sold_twice = picture(|_| {
        "Both guests were offered seat 1 while it was free, and both have a ticket for it."
            .to_owned()
    });
    sold_twice.lanes[1].spans[1].broken_rule = Some("sold already".to_owned());
    let seats = two_guests(sell_if_still_free);
    assert!(seats == [1, 2], "seats {seats:?} were sold");
    THEATRE.picture(""); // the text says it
    exchanges();
    assert!(price(1) == 4500 && price(40) == 2800);

    let locked = Knob {
        one: "ms under the lock",
        several: "ms under the lock",
        values: &[0, 1, 2, 4, 8, 10],
        default: 0,
    };
    Explore::new("locked", locked, |milliseconds| {
        vec![partly_under_the_lock(milliseconds)]
    })
    .show("shared_state")?;
    worked::show(
        "shared_state",
        &[
            ("under_the_lock", under_the_lock),
            ("after_the_lock", after_the_lock),
            ("in_a_match", in_a_match),
            ("sold_twice", sold_twice),
        ],
    )
}

/// How many of the values a read adds up.
const VALUES: [usize; 3] = [1, 100, 10_000];

/// How often each lock is measured, and for how long.
const ROUNDS: usize = 51;
const TIME: Duration = Duration::from_millis(10);

/// How often a run is made again, if its threads did not overlap.
const TRIES: usize = 200;

/// Measures two threads that only read, with either lock, and one thread alone.
fn costs() -> io::Result<()> {
    println!("Reads a second, {ROUNDS} rounds: median (first to third quartile)");
    for values in VALUES {
        let plan: Vec<u64> = (0..values as u64).collect();
        let (mutex, rw_lock) = (std::sync::Mutex::new(plan.clone()), RwLock::new(plan));
        let sum = |plan: &[u64]| {
            hint::black_box(hint::black_box(plan).iter().sum::<u64>());
        };
        let mut against_mutex = Vec::new();
        let mut against_one = Vec::new();
        for _ in 0..ROUNDS {
            let with_mutex = reads(2, || sum(&mutex.lock().expect("no reader panics")))?;
            let with_rw_lock = reads(2, || sum(&rw_lock.read().expect("no reader panics")))?;
            let alone = reads(1, || sum(&mutex.lock().expect("no reader panics")))?;
            against_mutex.push(with_rw_lock / with_mutex);
            against_one.push(with_rw_lock / alone);
        }
        println!("\n{values} values a read; two readers of a RwLock, together, make");
        println!(
            "  {} times the reads of two with a Mutex",
            quartiles(against_mutex)
        );
        println!(
            "  {} times the reads of one alone, with a Mutex",
            quartiles(against_one)
        );
    }
    Ok(())
}

fn quartiles(mut ratios: Vec<f64>) -> String {
    ratios.sort_by(f64::total_cmp);
    let [first, median, third] = [1, 2, 3].map(|quarter| ratios[ratios.len() * quarter / 4]);
    format!("{median:.2} ({first:.2} to {third:.2})")
}

/// How many reads so many threads make in `TIME`, all together.
///
/// Threads that wait for a core do not meet at the lock, and then any lock looks cheap. So a run counts
/// only if each thread was on a core, or at the lock, for 95 % of the time.
fn reads(threads: usize, read: impl Fn() + Sync) -> io::Result<f64> {
    for _ in 0..TRIES {
        let running = AtomicUsize::new(0);
        let one = || -> io::Result<(u32, Duration)> {
            // A thread that slept here would come late.
            running.fetch_add(1, Ordering::Relaxed);
            while running.load(Ordering::Relaxed) < threads {
                hint::spin_loop();
            }
            let (before, begun) = (waited_for_a_core()?, Instant::now());
            let mut reads = 0;
            while begun.elapsed() < TIME {
                for _ in 0..32 {
                    read();
                }
                reads += 32;
            }
            Ok((reads, waited_for_a_core()?.saturating_sub(before)))
        };
        let seen: Vec<(u32, Duration)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
            let threads = threads.into_iter();
            let seen = threads.map(|thread| thread.join().expect("no reader panics"));
            seen.collect::<io::Result<_>>()
        })?;
        if seen.iter().all(|(_, waited)| *waited < TIME / 20) {
            return Ok(seen.iter().map(|(reads, _)| f64::from(*reads)).sum());
        }
    }
    Err(io::Error::other(format!(
        "in {TRIES} runs the threads never had the cores for themselves: the machine is too busy"
    )))
}

/// How long this thread has been ready to run and had no core.
fn waited_for_a_core() -> io::Result<Duration> {
    let of_linux = |why: String| io::Error::other(format!("only Linux keeps these times: {why}"));
    let times = fs::read_to_string("/proc/thread-self/schedstat");
    let times = times.map_err(|error| of_linux(error.to_string()))?;
    let waited = times
        .split_whitespace()
        .nth(1)
        .and_then(|time| time.parse().ok());
    let waited = waited.ok_or_else(|| of_linux(times.clone()))?;
    Ok(Duration::from_nanos(waited))
}
