//! The worked example of the chapter on data parallelism: marine biologists listen to what a
//! microphone under water has recorded during a night, on a machine with two cores.
//!
//! ```text
//! cargo run -p worked --example data_parallelism
//! cargo run --release -p worked --example data_parallelism -- costs
//! ```
//!
//! The threads are rayon's and real. Only the clock is simulated, so that the pictures come out the
//! same everywhere: listening through an hour of silence takes 10 ms of a core, and 30 ms through one
//! in which whales sing. With `costs`, it measures on the real clock what tiny work gains.

use std::env;
use std::hint;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use instruments::simulation::Simulation;
use instruments::timeline::Timeline;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use worked::{Explore, Knob};

const HOURS: usize = 8;
const CORES: usize = 2;

/// How many calls there are in the night.
const CALLS: u32 = 12;

/// The hour in which whales begin to sing; they go on for four hours.
const BEGINS: usize = 4;

/// An hour of the recording.
struct Hour<'a> {
    number: usize,
    /// Whether whales sing in it.
    sung: bool,
    /// Loudness, minute by minute.
    sound: Vec<u8>,
    machine: &'a Simulation,
    /// Where it waits until another thread has begun too, if it does.
    together: Option<&'a Barrier>,
}

// ANCHOR: tally
/// What was heard in some hours that follow one another.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    hours: u32,
    calls: u32,
    loudest: u8,
}

impl Tally {
    fn and_hour(self, hour: &Hour) -> Self {
        self.and(hour.tally())
    }

    /// Both together. It does not matter which neighbours come together first,
    /// and together with `default()`, a tally stays what it was.
    fn and(self, later: Self) -> Self {
        Self {
            hours: self.hours + later.hours,
            calls: self.calls + later.calls,
            loudest: self.loudest.max(later.loudest),
        }
    }
}
// ANCHOR_END: tally

impl Hour<'_> {
    /// Listens through the hour. A call is louder than the sea.
    fn calls(&self) -> u32 {
        if let Some(together) = self.together {
            together.wait();
        }
        let takes = if self.sung { 30 } else { 10 };
        self.machine.work(&format!("hour {}", self.number), takes);
        let calls = self.sound.iter().filter(|loudness| **loudness > 100);
        u32::try_from(calls.count()).expect("an hour has sixty minutes")
    }

    fn tally(&self) -> Tally {
        Tally {
            hours: 1,
            calls: self.calls(),
            loudest: self.sound.iter().copied().max().unwrap_or_default(),
        }
    }
}

/// A night in which whales sing for four hours, from `begins` on, and call three times in each.
fn night(begins: usize, machine: &Simulation) -> Vec<Hour<'_>> {
    let hour = |number| {
        let sung = (begins..begins + 4).contains(&number);
        let loudness = |minute| if sung && minute % 20 == 0 { 200 } else { 30 };
        Hour {
            number,
            sung,
            sound: (0..60).map(loudness).collect(),
            machine,
            together: None,
        }
    };
    (0..HOURS).map(hour).collect()
}

// ANCHOR: loop
fn count_calls(night: &[Hour]) -> u32 {
    night.iter().map(Hour::calls).sum()
}
// ANCHOR_END: loop

// ANCHOR: fixed
fn count_in_two_parts(night: &[Hour]) -> u32 {
    let (earlier, later) = night.split_at(night.len() / 2);
    thread::scope(|scope| {
        let later = scope.spawn(|| count_calls(later));
        count_calls(earlier) + later.join().expect("listening does not panic")
    })
}
// ANCHOR_END: fixed

// ANCHOR: par_iter
fn count_calls_in_parallel(night: &[Hour]) -> u32 {
    night.par_iter().map(Hour::calls).sum()
}
// ANCHOR_END: par_iter

// ANCHOR: join
fn by_halves(night: &[Hour]) -> u32 {
    if night.len() <= 1 {
        return count_calls(night);
    }
    let (earlier, later) = night.split_at(night.len() / 2);
    let (a, b) = rayon::join(|| by_halves(earlier), || by_halves(later));
    a + b
}
// ANCHOR_END: join

// ANCHOR: fold
fn tally(night: &[Hour]) -> Tally {
    night
        .par_iter()
        .fold(Tally::default, Tally::and_hour)
        .reduce(Tally::default, Tally::and)
}
// ANCHOR_END: fold

// ANCHOR: watches
fn count_by_watches(night: &[Hour]) -> u32 {
    night.par_chunks(4).map(count_calls).sum()
}
// ANCHOR_END: watches

/// A pool with a thread for each core.
fn pool() -> ThreadPool {
    ThreadPoolBuilder::new()
        .num_threads(CORES)
        .build()
        .expect("the system has room for two threads")
}

/// The picture of a design in which each thread has half of the night, whatever happens. The
/// machine has a core for each, so each half has a clock of its own.
fn by_half(begins: usize, count: impl Fn(&[Hour]) -> u32) -> Timeline {
    let (earlier, later) = (machine(1, HOURS / 2), machine(1, HOURS / 2));
    let both_begun = Barrier::new(2);
    let mut night = night(begins, &earlier);
    for hour in &mut night[HOURS / 2..] {
        hour.machine = &later;
    }
    for number in [0, HOURS / 2] {
        night[number].together = Some(&both_begun);
    }
    assert_eq!(count(&night), CALLS);
    let mut picture = earlier.by_thread("thread 1", "", Some(CORES));
    let other = later.by_thread("thread 2", "", None);
    picture.lanes.extend(other.lanes);
    assert_eq!(picture.lanes.len(), 2, "each half has one thread");
    picture
}

fn machine(at_once: usize, hours: usize) -> Simulation {
    Simulation::new(at_once, hours).on_cores(CORES)
}

/// The picture of a design in which a thread that is free takes what is left.
fn by_thread_that_is_free(begins: usize, count: impl Fn(&[Hour]) -> u32 + Sync) -> Timeline {
    let machine = machine(CORES, HOURS);
    assert_eq!(pool().install(|| count(&night(begins, &machine))), CALLS);
    machine.by_thread("thread", "", Some(CORES))
}

/// The two ways to share the night, when whales begin to sing at `begins`.
fn shared(begins: u64) -> Vec<Timeline> {
    let begins = usize::try_from(begins).expect("an hour of the night");
    let mut beforehand = by_half(begins, count_in_two_parts);
    beforehand.proves = format!("Split beforehand: {} ms.", beforehand.end());
    let mut stolen = by_thread_that_is_free(begins, by_halves);
    stolen.proves = format!("Stolen by the thread that is free: {} ms.", stolen.end());
    vec![beforehand, stolen]
}

fn main() -> std::io::Result<()> {
    if env::args().nth(1).is_some_and(|word| word == "costs") {
        costs();
        return Ok(());
    }

    let one = machine(1, HOURS);
    assert_eq!(count_calls(&night(BEGINS, &one)), CALLS);
    let mut one = one.by_thread("main", "", None);
    one.proves = format!(
        "One thread: the night takes {} ms, and the second core does nothing.",
        one.end()
    );

    let mut beforehand = by_half(BEGINS, count_in_two_parts);
    beforehand.proves = format!(
        "Split beforehand: {} ms. The thread that is done first has nothing to take over.",
        beforehand.end()
    );

    let mut stolen = by_thread_that_is_free(BEGINS, count_calls_in_parallel);
    stolen.proves = format!(
        "Split while it runs: {} ms. A thread that has run dry takes over what the other has not \
         begun.",
        stolen.end()
    );
    let halves = by_thread_that_is_free(BEGINS, by_halves);
    assert_eq!(
        halves,
        Timeline {
            proves: String::new(),
            ..stolen.clone()
        }
    );
    let folded = by_thread_that_is_free(BEGINS, |night| tally(night).calls);
    assert_eq!(folded, halves, "fold splits like map");

    let mut watches = by_half(BEGINS, |night| pool().install(|| count_by_watches(night)));
    watches.proves = format!(
        "rayon, but by watches of four hours: {} ms. A watch is one item, and half an item cannot be \
         stolen.",
        watches.end()
    );

    let begins = Knob {
        one: "hour before the whales sing",
        several: "hours before the whales sing",
        values: &[0, 1, 2, 3, 4],
        default: BEGINS as u64,
    };
    Explore::new("whales", begins, shared).show("data_parallelism")?;
    worked::show(
        "data_parallelism",
        &[
            ("one_thread", one),
            ("split_beforehand", beforehand),
            ("stolen", stolen),
            ("by_watches", watches),
        ],
    )
}

/// Prints what a parallel iterator gains or loses on this machine, for work that is quick and work that
/// is not, and for more and fewer items.
fn costs() {
    println!("   items  a square of a number  loudness of a second");
    for items in [100, 1_000, 10_000, 100_000, 1_000_000] {
        println!(
            "{items:>8}  {:>20.2}  {:>20.2}",
            times_as_fast(items, square),
            times_as_fast(items, loudness)
        );
    }
}

/// How many times as fast as the loop `par_iter` is.
fn times_as_fast(items: u32, work: impl Fn(u32) -> u64 + Sync) -> f64 {
    let items: Vec<u32> = (0..items).collect();
    let alone = fastest(|| hint::black_box(&items).iter().map(|n| work(*n)).sum());
    let shared = fastest(|| hint::black_box(&items).par_iter().map(|n| work(*n)).sum());
    alone.as_secs_f64() / shared.as_secs_f64()
}

/// Less than a nanosecond.
fn square(n: u32) -> u64 {
    u64::from(n) * u64::from(n)
}

/// Some tens of nanoseconds, in the loop as in the parallel iterator.
#[inline(never)]
fn loudness(second: u32) -> u64 {
    let samples = (0..64_u64).map(|n| u64::from(second).wrapping_mul(n) ^ n << 3);
    samples.fold(0, |loud, sample| hint::black_box(loud.max(sample)))
}

/// The least of some times, which is the one that other programs have disturbed least.
fn fastest(work: impl Fn() -> u64) -> Duration {
    let times = (0..100).map(|_| {
        let started = Instant::now();
        hint::black_box(work());
        started.elapsed()
    });
    times.min().expect("there are a hundred")
}
