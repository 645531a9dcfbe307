//! What the primitives of synchronisation cost: `cargo bench -p worked --bench choosing_a_pattern`, or
//! with `-- 50` for 50 rounds instead of 20.
//!
//! The unit is one turn at a mutex that nobody else wants: lock, add one, unlock. A figure of 8 takes
//! eight times as long. Where two threads work at once, it is the time that one of them needs for one
//! operation, so the same figure with one thread and with two says that they are not in each other's
//! way. A round measures every row once, one after the other; shown is the median of all rounds and,
//! in brackets, the first and the third quartile, which say how quiet the machine was.
//!
//! Threads that have to share a core with another program do not meet, and a lock looks cheap that
//! nobody else wants meanwhile. So a run is made again if one of the threads began late, or got nowhere
//! for a while, and the last line says how often that was in vain. A hand-over sleeps by nature, so its
//! rows are as the machine lets them.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hint::{self, black_box};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

/// Operations of a thread in one row of one round: of those that wait for nobody, and of those that
/// hand something over to another thread.
const TURNS: u32 = 50_000;
const HAND_OVERS: u32 = 3_000;

/// How many numbers a long read adds up.
const LONG: usize = 2_000;
const KEYS: u64 = 1_000;
const SHARDS: usize = 16;

/// The seconds that one operation takes.
type Row = (&'static str, fn() -> f64);

/// What the others are compared with.
const UNIT: fn() -> f64 = || a_mutex(1);

const GROUPS: [(&str, &[Row]); 6] = [
    (
        "counting",
        &[
            ("Mutex, one thread", UNIT),
            ("Mutex, two threads", || a_mutex(2)),
            ("atomic, one thread", || an_atomic(1)),
            ("atomic, two threads", || an_atomic(2)),
            ("a number each, added up at the end", a_number_each),
        ],
    ),
    (
        "reading, two threads",
        &[
            ("OnceLock", read_once_lock),
            ("Mutex, one number", || read_mutex(1)),
            ("RwLock, one number", || read_rw_lock(1)),
            ("Mutex, 2,000 numbers", || read_mutex(LONG)),
            ("RwLock, 2,000 numbers", || read_rw_lock(LONG)),
        ],
    ),
    (
        "starting, and waiting until it has ended",
        &[
            ("a thread in a scope", a_thread),
            ("a task in a JoinSet", a_task),
        ],
    ),
    (
        "handing over to another thread",
        &[
            ("rendezvous", || std_channel(0)),
            ("channel with room for 1", || std_channel(1)),
            ("channel with room for 100", || std_channel(100)),
            ("channel without a bound", an_unbounded_channel),
            ("crossbeam, room for 100", crossbeam),
            ("there and back by Condvar", by_condvar),
        ],
    ),
    (
        "handing over to another task of the same thread",
        &[
            ("channel with room for 100", tokios_channel),
            ("there and back by Notify", by_notify),
        ],
    ),
    (
        "a line of a hundred numbers, and a map of a thousand keys, two threads",
        &[
            ("a new String for each line", a_new_string),
            ("one String, cleared", one_string),
            ("Mutex<HashMap>", || a_map(1)),
            ("sixteen shards, a lock each", || a_map(SHARDS)),
        ],
    ),
];

fn main() {
    let rounds = std::env::args().find_map(|argument| argument.parse().ok());
    let rounds: usize = rounds.unwrap_or(20).max(1);
    let rows = || GROUPS.iter().flat_map(|(_, rows)| *rows);
    let mut times = vec![Vec::new(); rows().count()];
    let mut units = Vec::new();
    for _ in 0..rounds {
        units.push(UNIT());
        for ((_, row), times) in rows().zip(&mut times) {
            times.push(row());
        }
    }
    let [_, unit, _] = quartiles(units);
    let cores = thread::available_parallelism().map_or(1, Into::into);
    println!(
        "{cores} cores, {rounds} rounds; 1 is a turn at a mutex that nobody else wants: {:.0} ns",
        unit * 1e9
    );
    let mut times = times.into_iter();
    for (title, rows) in GROUPS {
        println!("\n{title}");
        for ((name, _), times) in rows.iter().zip(&mut times) {
            let [first, median, third] = quartiles(times).map(|time| time / unit);
            println!("  {name:<36}{median:>8.2}   ({first:.2} to {third:.2})");
        }
    }
    let disturbed = DISTURBED.load(Ordering::Relaxed);
    if disturbed > 0 {
        println!(
            "\n{disturbed} runs on threads were disturbed {TRIES} times: the machine is too busy for \
             those rows"
        );
    }
}

fn quartiles(mut times: Vec<f64>) -> [f64; 3] {
    times.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| times[times.len() * quarter / 4])
}

/// How often a run is made again, if it was disturbed.
const TRIES: usize = 10;

/// How late a thread may begin, and how long it may get nowhere.
const LATE: Duration = Duration::from_micros(50);
const STALL: Duration = Duration::from_micros(300);

/// Runs that were disturbed each time.
static DISTURBED: AtomicUsize = AtomicUsize::new(0);

/// What one thread has seen.
struct Seen {
    begin: Instant,
    end: Instant,
    longest_stall: Duration,
}

/// Has each of `threads` threads do `turns` turns, all from the same moment on. Each has a turn of its
/// own, made by `new_turn`.
fn on_threads<T: FnMut(u32)>(threads: usize, turns: u32, new_turn: impl Fn() -> T + Sync) -> f64 {
    let mut slowest = Duration::ZERO;
    for _ in 0..TRIES {
        let running = AtomicUsize::new(0);
        let one = || {
            let turn = new_turn();
            // A thread that slept here would come late.
            running.fetch_add(1, Ordering::Relaxed);
            while running.load(Ordering::Relaxed) < threads {
                hint::spin_loop();
            }
            see(turns, turn)
        };
        let seen: Vec<Seen> = thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
            let threads = threads.into_iter();
            let seen = threads.map(|thread| thread.join().expect("no turn panics"));
            seen.collect()
        });
        let took = seen.iter().map(|one| one.end - one.begin);
        slowest = took.max().unwrap_or_default();
        let first = seen.iter().map(|one| one.begin).min();
        let undisturbed = |one: &Seen| {
            first.is_some_and(|first| one.begin - first < LATE) && one.longest_stall < STALL
        };
        if seen.iter().all(undisturbed) {
            return each(slowest, turns);
        }
    }
    DISTURBED.fetch_add(1, Ordering::Relaxed);
    each(slowest, turns)
}

fn see(turns: u32, mut turn: impl FnMut(u32)) -> Seen {
    let begin = Instant::now();
    let (mut last, mut longest_stall) = (begin, Duration::ZERO);
    for number in 0..turns {
        turn(number);
        if number % 64 == 63 {
            let now = Instant::now();
            longest_stall = longest_stall.max(now - last);
            last = now;
        }
    }
    Seen {
        begin,
        end: Instant::now(),
        longest_stall,
    }
}

fn each(all: Duration, turns: u32) -> f64 {
    all.as_secs_f64() / f64::from(turns)
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn a_mutex(threads: usize) -> f64 {
    let number = &Mutex::new(0);
    on_threads(threads, TURNS, || |turn| *locked(number) += black_box(turn))
}

fn an_atomic(threads: usize) -> f64 {
    let number = &AtomicU64::new(0);
    on_threads(threads, TURNS, || {
        |turn| {
            number.fetch_add(black_box(turn).into(), Ordering::Relaxed);
        }
    })
}

fn a_number_each() -> f64 {
    /// Added up when its thread is done.
    struct Part<'a>(u64, &'a AtomicU64);

    impl Drop for Part<'_> {
        fn drop(&mut self) {
            self.1.fetch_add(self.0, Ordering::Relaxed);
        }
    }

    let sum = AtomicU64::new(0);
    on_threads(2, TURNS, || {
        let mut part = Part(0, &sum);
        move |turn| {
            // All of it is captured, not the number alone.
            let part = &mut part;
            part.0 += u64::from(black_box(turn));
        }
    })
}

/// The sum of the first `many` of the numbers that are read.
fn sum(numbers: &[u64], many: usize) {
    black_box(numbers[..black_box(many)].iter().sum::<u64>());
}

fn read_once_lock() -> f64 {
    let numbers = &OnceLock::new();
    on_threads(2, TURNS, || |_| sum(numbers.get_or_init(|| [1; LONG]), 1))
}

fn read_mutex(many: usize) -> f64 {
    let numbers = &Mutex::new([1; LONG]);
    on_threads(2, reads(many), || move |_| sum(&*locked(numbers), many))
}

fn read_rw_lock(many: usize) -> f64 {
    let numbers = &RwLock::new([1; LONG]);
    on_threads(2, reads(many), || {
        move |_| {
            let numbers = numbers.read().unwrap_or_else(PoisonError::into_inner);
            sum(&*numbers, many);
        }
    })
}

/// Fewer turns where a turn takes long.
fn reads(many: usize) -> u32 {
    if many == 1 { TURNS } else { TURNS / 10 }
}

fn a_thread() -> f64 {
    let begin = Instant::now();
    for number in 0..HAND_OVERS {
        thread::scope(|scope| {
            scope.spawn(|| black_box(number));
        });
    }
    each(begin.elapsed(), HAND_OVERS)
}

fn a_task() -> f64 {
    on_one_thread(async {
        let mut tasks = JoinSet::new();
        for number in 0..HAND_OVERS {
            tasks.spawn(async move { black_box(number) });
            tasks.join_next().await;
        }
    })
}

/// The time from the first value to the last, with `send` here and `receive` on another thread.
fn handed_over(mut send: impl FnMut(u32), receive: impl FnMut(u32) + Send) -> f64 {
    thread::scope(|scope| {
        let receiver = scope.spawn(|| (0..HAND_OVERS).for_each(receive));
        let begin = Instant::now();
        (0..HAND_OVERS).for_each(&mut send);
        receiver.join().expect("every value comes");
        each(begin.elapsed(), HAND_OVERS)
    })
}

fn std_channel(room: usize) -> f64 {
    let (sender, receiver) = sync_channel(room);
    handed_over(
        |n| sender.send(n).expect("it is received"),
        move |_| {
            black_box(receiver.recv()).expect("it is sent");
        },
    )
}

fn an_unbounded_channel() -> f64 {
    let (sender, receiver) = channel();
    handed_over(
        |n| sender.send(n).expect("it is received"),
        move |_| {
            black_box(receiver.recv()).expect("it is sent");
        },
    )
}

fn crossbeam() -> f64 {
    let (sender, receiver) = crossbeam_channel::bounded(100);
    handed_over(
        |n| sender.send(n).expect("it is received"),
        move |_| {
            black_box(receiver.recv()).expect("it is sent");
        },
    )
}

/// A ball that is on one of two sides.
fn by_condvar() -> f64 {
    let (is_here, moved) = (Mutex::new(true), Condvar::new());
    let hit = |from: bool| {
        let mut ball = moved
            .wait_while(locked(&is_here), |is_here| *is_here != from)
            .unwrap_or_else(PoisonError::into_inner);
        *ball = !from;
        drop(ball);
        moved.notify_one();
    };
    handed_over(|_| hit(true), |_| hit(false))
}

fn on_one_thread(work: impl Future<Output = ()>) -> f64 {
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime without I/O asks the system for nothing");
    runtime.block_on(async {
        let begin = Instant::now();
        work.await;
        each(begin.elapsed(), HAND_OVERS)
    })
}

fn tokios_channel() -> f64 {
    on_one_thread(async {
        let (sender, mut receiver) = mpsc::channel(100);
        let other = tokio::spawn(async move { while receiver.recv().await.is_some() {} });
        for n in 0..HAND_OVERS {
            sender.send(n).await.expect("it is received");
        }
        drop(sender);
        other.await.expect("receiving does not panic");
    })
}

fn by_notify() -> f64 {
    on_one_thread(async {
        let bells = Arc::new((Notify::new(), Notify::new()));
        let other = tokio::spawn({
            let bells = Arc::clone(&bells);
            async move {
                for _ in 0..HAND_OVERS {
                    bells.0.notified().await;
                    bells.1.notify_one();
                }
            }
        });
        for _ in 0..HAND_OVERS {
            bells.0.notify_one();
            bells.1.notified().await;
        }
        other.await.expect("ringing does not panic");
    })
}

fn write_line(line: &mut String) {
    for n in 0..100 {
        write!(line, "{n};").expect("writing to a String cannot fail");
    }
    black_box(line);
}

fn a_new_string() -> f64 {
    on_threads(2, HAND_OVERS, || |_| write_line(&mut String::new()))
}

fn one_string() -> f64 {
    on_threads(2, HAND_OVERS, || {
        let mut line = String::new();
        move |_| {
            line.clear();
            write_line(&mut line);
        }
    })
}

/// Nine reads and a write by turns, over keys that jump about.
fn a_map(shards: usize) -> f64 {
    let mut maps = vec![HashMap::new(); shards];
    let shard = |key: u64| usize::try_from(key).expect("a key is small") % shards;
    for key in 0..KEYS {
        maps[shard(key)].insert(key, key);
    }
    let maps: &Vec<_> = &maps.into_iter().map(Mutex::new).collect();
    on_threads(2, TURNS, || {
        move |turn| {
            let key = u64::from(turn) * 7919 % KEYS;
            let mut map = locked(&maps[shard(key)]);
            if turn % 10 == 0 {
                map.insert(key, turn.into());
            } else {
                black_box(map.get(&key));
            }
        }
    })
}
