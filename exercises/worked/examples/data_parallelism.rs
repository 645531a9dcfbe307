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
use std::ops::Range;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use instruments::simulation::Simulation;
use instruments::timeline::Timeline;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

const HOURS: usize = 8;
const CORES: usize = 2;

// Warm-up: change this range, say what the pictures will look like, and run the example.
// ANCHOR: warm_up
/// When the whales sing.
const SINGING: Range<usize> = 4..8;
// ANCHOR_END: warm_up

/// An hour of the recording.
struct Hour<'a> {
    number: usize,
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
        let takes = if SINGING.contains(&self.number) {
            30
        } else {
            10
        };
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

/// A night in which whales call three times in each hour of singing.
fn night(machine: &Simulation) -> Vec<Hour<'_>> {
    let sound = |number| {
        let calls = |minute| SINGING.contains(&number) && minute % 20 == 0;
        let loudness = |minute| if calls(minute) { 200 } else { 30 };
        (0..60).map(loudness).collect()
    };
    let hours = 0..HOURS;
    hours
        .map(|number| Hour {
            number,
            sound: sound(number),
            machine,
            together: None,
        })
        .collect()
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
fn by_half(count: impl Fn(&[Hour]) -> u32) -> Timeline {
    let (earlier, later) = (machine(1, HOURS / 2), machine(1, HOURS / 2));
    let both_begun = Barrier::new(2);
    let mut night = night(&earlier);
    for hour in &mut night[HOURS / 2..] {
        hour.machine = &later;
    }
    for number in [0, HOURS / 2] {
        night[number].together = Some(&both_begun);
    }
    assert_eq!(count(&night), calls());
    let mut picture = earlier.by_thread("thread 1", "", Some(CORES));
    let other = later.by_thread("thread 2", "", None);
    picture.lanes.extend(other.lanes);
    assert_eq!(picture.lanes.len(), 2, "each half has one thread");
    picture
}

fn machine(at_once: usize, hours: usize) -> Simulation {
    Simulation::new(at_once, hours).on_cores(CORES)
}

/// The picture of a design in which whoever is free takes what is left.
fn by_whoever_is_free(count: impl Fn(&[Hour]) -> u32 + Sync) -> Timeline {
    let machine = machine(CORES, HOURS);
    assert_eq!(pool().install(|| count(&night(&machine))), calls());
    machine.by_thread("thread", "", Some(CORES))
}

/// How many calls there are in the night.
fn calls() -> u32 {
    u32::try_from(3 * SINGING.len()).expect("a night is short")
}

fn main() -> std::io::Result<()> {
    if env::args().nth(1).is_some_and(|word| word == "costs") {
        costs();
        return Ok(());
    }

    let one = machine(1, HOURS);
    assert_eq!(count_calls(&night(&one)), calls());
    let mut one = one.by_thread("main", "", None);
    one.proves = format!(
        "One thread: the night takes {} ms, and the second core does nothing.",
        one.end()
    );

    let mut beforehand = by_half(count_in_two_parts);
    beforehand.proves = format!(
        "Split beforehand: {} ms. Who is done first has nothing to take over.",
        beforehand.end()
    );

    let mut stolen = by_whoever_is_free(count_calls_in_parallel);
    stolen.proves = format!(
        "Split whenever somebody is free: {} ms. Who runs dry takes over what the other has not \
         begun.",
        stolen.end()
    );
    let halves = by_whoever_is_free(by_halves);
    assert_eq!(
        halves,
        Timeline {
            proves: String::new(),
            ..stolen.clone()
        }
    );
    let folded = by_whoever_is_free(|night| tally(night).calls);
    assert_eq!(folded, halves, "fold splits like map");

    let mut watches = by_half(|night| pool().install(|| count_by_watches(night)));
    watches.proves = format!(
        "rayon, but by watches of four hours: {} ms. A watch is one item, and half an item cannot be \
         stolen.",
        watches.end()
    );

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

/// Prints what a parallel iterator gains or loses on this machine, for more and less work.
fn costs() {
    println!("  items      loop  par_iter  par_iter takes");
    for items in [100, 10_000, 1_000_000] {
        let loudness: Vec<u32> = (0..items).collect();
        let alone = fastest(|| hint::black_box(&loudness).iter().copied().map(energy).sum());
        let shared = fastest(|| {
            hint::black_box(&loudness)
                .par_iter()
                .copied()
                .map(energy)
                .sum()
        });
        println!(
            "{items:>8} {:>7.0}µs {:>7.0}µs  {:.2} times as long",
            alone.as_secs_f64() * 1e6,
            shared.as_secs_f64() * 1e6,
            shared.as_secs_f64() / alone.as_secs_f64()
        );
    }
}

fn energy(loudness: u32) -> u64 {
    u64::from(loudness) * u64::from(loudness)
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
