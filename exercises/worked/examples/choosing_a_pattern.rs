//! The worked example of the chapter on choosing a pattern: an embassy has twelve letters translated,
//! one long and eleven short, under six patterns.
//!
//! ```text
//! cargo run -p worked --example choosing_a_pattern
//! ```
//!
//! Threads, tasks and timers are real; the clocks are simulated or tokio's, paused, so that the
//! pictures come out the same everywhere.

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use instruments::recorder::Recorder;
use instruments::simulation::Simulation;
use instruments::timeline::{AtOnce, Lane, Span, Timeline};
use rayon::iter::{ParallelBridge, ParallelIterator};
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

const LETTERS: usize = 12;

// Warm-up: change this number, say which pictures will change, and run the example.
// ANCHOR: warm_up
const TRANSLATORS: usize = 3;
// ANCHOR_END: warm_up

const PERIOD: Duration = Duration::from_millis(20);
const BURST: usize = 4;

/// A letter, with the number under which it came in.
#[derive(Clone, Copy)]
struct Letter(usize);

impl Letter {
    /// `letter a`, `letter b`, …
    fn name(self) -> String {
        format!("letter {}", ('a'..='z').nth(self.0).unwrap_or('?'))
    }

    /// How long it takes, in milliseconds. The first is a treaty.
    fn takes(self) -> u64 {
        if self.0 == 0 { 40 } else { 10 }
    }

    /// Translates it, on a thread.
    fn translate(self, office: &Simulation) {
        office.work(&self.name(), self.takes());
    }

    /// Has it translated by a service, in a task.
    async fn have_translated(self, recorder: Recorder) {
        let takes = Duration::from_millis(self.takes());
        recorder.task(&self.name(), "", sleep(takes)).await;
    }
}

fn letters() -> Vec<Letter> {
    (0..LETTERS).map(Letter).collect()
}

// ANCHOR: loop
fn plain_loop(letters: &[Letter], office: &Simulation) {
    for letter in letters {
        letter.translate(office);
    }
}
// ANCHOR_END: loop

// ANCHOR: fork_join
fn fork_join(letters: &[Letter], offices: &[Simulation]) {
    let part = letters.len().div_ceil(TRANSLATORS);
    thread::scope(|scope| {
        for (part, office) in letters.chunks(part).zip(offices) {
            scope.spawn(|| plain_loop(part, office));
        }
    });
}
// ANCHOR_END: fork_join

// ANCHOR: pool
fn worker_pool(letters: &[Letter], office: &Simulation) {
    let (queue, jobs) = mpsc::sync_channel(TRANSLATORS);
    let jobs = Mutex::new(jobs);
    thread::scope(|scope| {
        for _ in 0..TRANSLATORS {
            scope.spawn(|| {
                loop {
                    let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(letter): Result<Letter, _> = next else {
                        return;
                    };
                    letter.translate(office);
                }
            });
        }
        for letter in letters {
            queue.send(*letter).expect("the translators are here");
        }
        drop(queue);
    });
}
// ANCHOR_END: pool

// ANCHOR: rayon
fn on_rayon(letters: &[Letter], office: &Simulation) {
    let letters = letters.iter().par_bridge();
    letters.for_each(|letter| letter.translate(office));
}
// ANCHOR_END: rayon

// ANCHOR: semaphore
async fn under_a_semaphore(letters: Vec<Letter>, recorder: Recorder) {
    let places = Arc::new(Semaphore::new(TRANSLATORS));
    let mut tasks = JoinSet::new();
    for letter in letters {
        let place = Arc::clone(&places).acquire_owned().await;
        let place = place.expect("nobody closes it");
        let translated = letter.have_translated(recorder.clone());
        tasks.spawn(async move {
            translated.await;
            drop(place);
        });
    }
    tasks.join_all().await;
}
// ANCHOR_END: semaphore

// ANCHOR: steady
async fn at_a_steady_rate(letters: Vec<Letter>, recorder: Recorder) {
    let mut ticks = interval(PERIOD);
    let mut tasks = JoinSet::new();
    for letter in letters {
        ticks.tick().await;
        tasks.spawn(letter.have_translated(recorder.clone()));
    }
    tasks.join_all().await;
}
// ANCHOR_END: steady

// ANCHOR: bucket
async fn from_a_bucket(letters: Vec<Letter>, recorder: Recorder) {
    let mut tokens = bucket();
    let mut tasks = JoinSet::new();
    for letter in letters {
        tokens.recv().await.expect("the bucket is refilled");
        tasks.spawn(letter.have_translated(recorder.clone()));
    }
    tasks.join_all().await;
}

/// A channel of tokens, full; its capacity is the cap.
fn bucket() -> tokio::sync::mpsc::Receiver<()> {
    let (refill, tokens) = tokio::sync::mpsc::channel(BURST);
    while refill.try_send(()).is_ok() {}
    tokio::spawn(async move {
        let mut ticks = interval(PERIOD);
        ticks.tick().await; // the first comes at once
        loop {
            ticks.tick().await;
            if let Err(TrySendError::Closed(())) = refill.try_send(()) {
                return;
            }
        }
    });
    tokens
}
// ANCHOR_END: bucket

/// The picture of a design in tasks, on tokio's paused clock.
fn picture<F: Future<Output = ()>>(
    design: impl FnOnce(Vec<Letter>, Recorder) -> F,
    limit: Option<usize>,
) -> io::Result<Timeline> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    runtime.block_on(async {
        let recorder = Recorder::on_tokios_clock();
        design(letters(), recorder.clone()).await;
        let mut picture = recorder.timeline("", "");
        picture.lanes = places(&picture.lanes);
        picture.at_once = Some(AtOnce { limit });
        Ok(picture)
    })
}

/// The same spans on as few lanes as there can be: a task takes the first place that is free.
fn places(tasks: &[Lane]) -> Vec<Lane> {
    let mut spans = Vec::new();
    for task in tasks {
        spans.extend(task.spans.iter().map(|span| Span {
            label: task.name.clone(),
            ..span.clone()
        }));
    }
    spans.sort_by_key(|span| span.start);
    let mut places: Vec<Vec<Span>> = Vec::new();
    for span in spans {
        let is_free =
            |place: &&mut Vec<Span>| place.last().is_none_or(|last| last.end <= Some(span.start));
        match places.iter_mut().find(is_free) {
            Some(place) => place.push(span),
            None => places.push(vec![span]),
        }
    }
    let lane = |(index, spans)| Lane {
        name: format!("place {}", index + 1),
        spans,
        waits: Vec::new(),
        instants: Vec::new(),
    };
    places.into_iter().enumerate().map(lane).collect()
}

/// Who translated what from when to when, whatever the translators are called.
fn spans(picture: &Timeline) -> Vec<&[Span]> {
    let lanes = picture.lanes.iter();
    lanes.map(|lane| lane.spans.as_slice()).collect()
}

fn main() -> io::Result<()> {
    let office = Simulation::new(1, LETTERS);
    plain_loop(&letters(), &office);
    let mut alone = office.by_thread("main", "", None);
    alone.proves = format!("A plain loop: twelve letters, {} ms.", alone.end());

    // A part has a clock of its own, since a translator who is done waits for nobody.
    let offices: Vec<_> = letters()
        .chunks(LETTERS.div_ceil(TRANSLATORS))
        .map(|part| Simulation::new(1, part.len()))
        .collect();
    fork_join(&letters(), &offices);
    let parts = offices.iter().enumerate();
    let parts = parts.map(|(n, office)| office.by_thread(&format!("part {}", n + 1), "", None));
    let mut parted = parts
        .reduce(|mut all, part| {
            all.lanes.extend(part.lanes);
            all
        })
        .expect("there is a part");
    parted.proves = format!(
        "Fork–join in {TRANSLATORS} parts: {} ms. Short letters wait behind the treaty, while the \
         others have nothing to do.",
        parted.end()
    );

    let office = Simulation::new(TRANSLATORS, LETTERS);
    worker_pool(&letters(), &office);
    let mut pool = office.by_thread("worker", "", Some(TRANSLATORS));
    pool.proves = format!(
        "A worker pool of {TRANSLATORS}: {} ms, and whoever is free takes the next.",
        pool.end()
    );

    let office = Simulation::new(TRANSLATORS, LETTERS);
    let threads = rayon::ThreadPoolBuilder::new().num_threads(TRANSLATORS);
    let threads = threads.build().map_err(io::Error::other)?;
    threads.install(|| on_rayon(&letters(), &office));
    let rayon = office.by_thread("worker", "", Some(TRANSLATORS));
    assert!(spans(&rayon) == spans(&pool), "rayon is not the pool");

    let permits = picture(under_a_semaphore, Some(TRANSLATORS))?;
    assert!(spans(&permits) == spans(&pool), "a semaphore is no pool");

    let mut steady = picture(at_a_steady_rate, None)?;
    steady.proves = format!(
        "A rate limiter, one start every {} ms: {} ms, however few are under way.",
        PERIOD.as_millis(),
        steady.end()
    );

    let mut burst = picture(from_a_bucket, None)?;
    burst.proves = format!(
        "A token bucket for {BURST}, refilled every {} ms: {} ms. The burst comes first, then the rate.",
        PERIOD.as_millis(),
        burst.end()
    );

    worked::show(
        "choosing_a_pattern",
        &[
            ("plain_loop", alone),
            ("fork_join", parted),
            ("worker_pool", pool),
            ("steady_rate", steady),
            ("token_bucket", burst),
        ],
    )
}
