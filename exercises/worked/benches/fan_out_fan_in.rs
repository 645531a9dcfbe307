//! Fan-out and worker pool, on our own threads, on rayon's and on tokio's, with the plain loop beside
//! them: `cargo bench -p worked`, or with `-- 200` for 200 rounds instead of 50, or with
//! `-- pool` for what has that word in its title. Jobs that wait get a tenth of the rounds.
//!
//! A round runs each design once, one after the other, so that whatever else the machine does hits
//! all of them. Other programs can only make a run slower, so the fastest of all rounds says most of
//! the design; the median beside it says how quiet the machine was.
//!
//! The designs are the course's solutions, the same files that the lessons' tests judge. There is no
//! benchmark harness: every learner's first `cargo test` would compile it.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

#[path = "../../../solutions/src/fan_out_fan_in.rs"]
mod fan_out_on_threads;

#[allow(
    clippy::pedantic,
    reason = "a solution beside the reference has no lints of its own"
)]
#[path = "../../../solutions/right/fan_out_fan_in/rayon_par_bridge.rs"]
mod fan_out_on_rayon;

#[allow(
    clippy::pedantic,
    reason = "a solution beside the reference has no lints of its own"
)]
#[path = "../../../solutions/right/fan_out_fan_in/crossbeam.rs"]
mod fan_out_on_crossbeam;

#[allow(
    clippy::pedantic,
    reason = "a solution beside the reference has no lints of its own"
)]
#[path = "../../../solutions/right/fan_out_fan_in/tokio_spawn_blocking.rs"]
mod fan_out_on_tokios_blocking_threads;

#[allow(
    clippy::pedantic,
    reason = "a solution beside the reference has no lints of its own"
)]
#[path = "../../../solutions/right/fan_out_fan_in/tokio_tasks.rs"]
mod fan_out_on_tokios_tasks;

#[path = "../../../solutions/src/worker_pool.rs"]
mod pool_of_threads;

#[allow(
    clippy::pedantic,
    reason = "a solution beside the reference has no lints of its own"
)]
#[path = "../../../solutions/right/worker_pool/rayon_threads.rs"]
mod pool_of_rayon;

#[allow(
    clippy::pedantic,
    reason = "a solution beside the reference has no lints of its own"
)]
#[path = "../../../solutions/right/worker_pool/tokio_spawn_blocking.rs"]
mod pool_of_tokios_blocking_threads;

/// So many files of so many bytes.
#[derive(Clone, Copy)]
struct Disk {
    files: u32,
    bytes: usize,
}

/// Has every file hashed, and returns the sum of all hashes.
type Design = fn(Disk) -> u64;

fn main() {
    let rounds = std::env::args().find_map(|argument| argument.parse().ok());
    let rounds = rounds.unwrap_or(50).max(1);
    println!("{} workers, {rounds} rounds", workers());
    let large = Disk {
        files: 60,
        bytes: 200_000,
    };
    let small = Disk {
        files: 5_000,
        bytes: 200,
    };
    for (disk, what) in [(large, "large"), (small, "small")] {
        println!();
        compare(
            &format!("fan-out, {} {what} files", disk.files),
            disk,
            rounds,
            plain_loop,
            &[
                ("threads", |disk| {
                    sum(fan_out_on_threads::fan_out(
                        0..disk.files,
                        workers(),
                        ROOM,
                        hash(disk),
                    ))
                }),
                ("crossbeam", |disk| {
                    sum(fan_out_on_crossbeam::fan_out(
                        0..disk.files,
                        workers(),
                        ROOM,
                        hash(disk),
                    ))
                }),
                ("rayon, par_bridge", |disk| {
                    sum(fan_out_on_rayon::fan_out(
                        0..disk.files,
                        workers(),
                        ROOM,
                        hash(disk),
                    ))
                }),
                ("tokio, spawn_blocking", |disk| {
                    sum(fan_out_on_tokios_blocking_threads::fan_out(
                        0..disk.files,
                        workers(),
                        ROOM,
                        hash(disk),
                    ))
                }),
                ("tokio, tasks", |disk| {
                    sum(fan_out_on_tokios_tasks::fan_out(
                        0..disk.files,
                        workers(),
                        ROOM,
                        hash(disk),
                    ))
                }),
                ("rayon, into_par_iter", |disk| {
                    let hashes = (0..disk.files).into_par_iter().map(hash(disk));
                    hashes.reduce(|| 0, u64::wrapping_add)
                }),
            ],
        );
        compare(
            &format!("worker pool, {} {what} files", disk.files),
            disk,
            rounds,
            plain_loop,
            &[
                ("threads", |disk| {
                    let pool = pool_of_threads::Pool::new(workers(), ROOM);
                    let submit = |file| pool.submit(move || hash(disk)(file));
                    let tickets: Vec<_> = (0..disk.files).map(submit).collect();
                    sum(tickets.into_iter().map(pool_of_threads::Ticket::wait))
                }),
                ("rayon's threads", |disk| {
                    let pool = pool_of_rayon::Pool::new(workers(), ROOM);
                    let submit = |file| pool.submit(move || hash(disk)(file));
                    let tickets: Vec<_> = (0..disk.files).map(submit).collect();
                    sum(tickets.into_iter().map(pool_of_rayon::Ticket::wait))
                }),
                ("tokio, spawn_blocking", |disk| {
                    let pool = pool_of_tokios_blocking_threads::Pool::new(workers(), ROOM);
                    let submit = |file| pool.submit(move || hash(disk)(file));
                    let tickets: Vec<_> = (0..disk.files).map(submit).collect();
                    sum(tickets
                        .into_iter()
                        .map(pool_of_tokios_blocking_threads::Ticket::wait))
                }),
            ],
        );
    }
    println!();
    waiting(rounds.div_ceil(10));
    println!(
        "\n… times as fast as the plain loop: fastest run of each, and in brackets median of each"
    );
}

/// Files that somebody else hashes, on a network: whoever asks has nothing to do but wait.
fn waiting(rounds: usize) {
    let disk = Disk {
        files: 1_000,
        bytes: 0,
    };
    compare(
        &format!("fan-out, {} answers", disk.files),
        disk,
        rounds,
        |disk| (0..disk.files).map(wait_for).fold(0, u64::wrapping_add),
        &[
            ("threads", |disk| {
                let fan_in = fan_out_on_threads::fan_out(0..disk.files, workers(), ROOM, wait_for);
                sum(fan_in)
            }),
            ("rayon, par_bridge", |disk| {
                let fan_in = fan_out_on_rayon::fan_out(0..disk.files, workers(), ROOM, wait_for);
                sum(fan_in)
            }),
            ("tokio, spawn_blocking", |disk| {
                let files = 0..disk.files;
                let answers =
                    fan_out_on_tokios_blocking_threads::fan_out(files, workers(), ROOM, wait_for);
                sum(answers)
            }),
            ("tokio, tasks: block", |disk| {
                let files = 0..disk.files;
                sum(fan_out_on_tokios_tasks::fan_out(
                    files,
                    workers(),
                    ROOM,
                    wait_for,
                ))
            }),
            ("threads, 100", |disk| {
                let fan_in = fan_out_on_threads::fan_out(0..disk.files, 100, ROOM, wait_for);
                sum(fan_in)
            }),
            ("tokio, tasks: await", |disk| {
                let runtime = Builder::new_multi_thread()
                    .worker_threads(workers())
                    .enable_time()
                    .build()
                    .expect("the system has room for the threads");
                runtime.block_on(async {
                    let answers: JoinSet<u64> = (0..disk.files).map(answer).collect();
                    let answers = answers.join_all().await;
                    answers.into_iter().fold(0, u64::wrapping_add)
                })
            }),
        ],
    );
}

const ANSWER: Duration = Duration::from_millis(1);

fn wait_for(file: u32) -> u64 {
    thread::sleep(ANSWER);
    u64::from(file)
}

async fn answer(file: u32) -> u64 {
    tokio::time::sleep(ANSWER).await;
    u64::from(file)
}

const ROOM: usize = 16;

fn workers() -> usize {
    thread::available_parallelism().map_or(1, Into::into)
}

fn hash(disk: Disk) -> impl Fn(u32) -> u64 + Send + Sync + 'static {
    move |file| hash_of(disk.bytes, file)
}

/// FNV-1a over bytes that are made on the way, so that memory plays no part. Every design calls this
/// very code: inlined, it would come out differently in each.
#[inline(never)]
fn hash_of(bytes: usize, file: u32) -> u64 {
    let bytes = (0..bytes as u64).map(|byte| (byte ^ u64::from(file)) & 0xff);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ byte).wrapping_mul(0x0100_0000_01b3)
    })
}

fn plain_loop(disk: Disk) -> u64 {
    (0..disk.files).map(hash(disk)).fold(0, u64::wrapping_add)
}

fn sum(results: impl Iterator<Item = thread::Result<u64>>) -> u64 {
    let hashes = results.map(|result| result.expect("hashing does not panic"));
    hashes.fold(0, u64::wrapping_add)
}

fn compare(title: &str, disk: Disk, rounds: usize, plain_loop: Design, designs: &[(&str, Design)]) {
    let mut only = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'));
    if only.any(|word| word.parse::<usize>().is_err() && !title.contains(&word)) {
        return;
    }
    let expected = plain_loop(disk);
    let seconds = |design: Design| {
        let begin = Instant::now();
        let sum = black_box(design(black_box(disk)));
        let took = begin.elapsed().as_secs_f64();
        assert!(sum == expected, "{title}: a design computes something else");
        took
    };
    let mut alone = Vec::new();
    let mut others = vec![Vec::new(); designs.len()];
    for _ in 0..rounds {
        alone.push(seconds(plain_loop));
        for ((_, design), times) in designs.iter().zip(&mut others) {
            times.push(seconds(*design));
        }
    }
    let (fastest, median) = fastest_and_median(alone);
    let each = fastest * 1e6 / f64::from(disk.files);
    println!("{title} of {each:.1} µs");
    for ((name, _), times) in designs.iter().zip(others) {
        let (its_fastest, its_median) = fastest_and_median(times);
        let (fastest, median) = (fastest / its_fastest, median / its_median);
        println!("  {name:<22}{fastest:>6.2}   ({median:.2})");
    }
}

fn fastest_and_median(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    (times[0], times[times.len() / 2])
}
