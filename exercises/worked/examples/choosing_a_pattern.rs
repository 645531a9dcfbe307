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
use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use instruments::recorder::Recorder;
use instruments::simulation::Simulation;
use instruments::timeline::{AtOnce, Lane, Span, Timeline};
use rayon::iter::{ParallelBridge, ParallelIterator};
use tokio::runtime::Builder;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};
use worked::{Explore, Knob};

const LETTERS: usize = 12;

const TRANSLATORS: usize = 3;

const PERIOD: Duration = Duration::from_millis(20);
const BURST: usize = 4;

/// A letter, with the number under which it came in.
#[derive(Clone)]
struct Letter {
    number: usize,
    desk: Desk,
}

/// Where letters are translated, and what records it.
#[derive(Clone)]
enum Desk {
    Threads(Arc<Simulation>),
    Tasks(Recorder),
}

impl Letter {
    /// `letter a`, `letter b`, …
    fn name(&self) -> String {
        format!("letter {}", ('a'..='z').nth(self.number).unwrap_or('?'))
    }

    /// How long it takes, in milliseconds. The first is a treaty.
    fn takes(&self) -> u64 {
        if self.number == 0 { 40 } else { 10 }
    }

    /// Translates it, on the calling thread.
    fn translate(&self) {
        if let Desk::Threads(office) = &self.desk {
            office.work(&self.name(), self.takes());
        }
    }

    /// Has it translated by a service, and waits for that.
    async fn translated(self) {
        if let Desk::Tasks(recorder) = &self.desk {
            let takes = Duration::from_millis(self.takes());
            recorder.task(&self.name(), "", sleep(takes)).await;
        }
    }
}

fn letters(desk: &Desk) -> Vec<Letter> {
    let letter = |number| Letter {
        number,
        desk: desk.clone(),
    };
    (0..LETTERS).map(letter).collect()
}

/// One office for all letters, in which so many work at the same time.
fn office(translators: usize) -> (Arc<Simulation>, Vec<Letter>) {
    let office = Arc::new(Simulation::new(translators, LETTERS));
    let letters = letters(&Desk::Threads(Arc::clone(&office)));
    (office, letters)
}

// ANCHOR: loop
fn plain_loop(letters: &[Letter]) {
    for letter in letters {
        letter.translate();
    }
}
// ANCHOR_END: loop

// ANCHOR: fork_join
fn fork_join(letters: &[Letter], translators: usize) {
    let part = letters.len().div_ceil(translators);
    thread::scope(|scope| {
        for part in letters.chunks(part) {
            scope.spawn(|| plain_loop(part));
        }
    });
}
// ANCHOR_END: fork_join

// ANCHOR: pool
fn worker_pool(letters: Vec<Letter>, translators: usize) {
    let (queue, jobs) = mpsc::sync_channel::<Letter>(translators);
    let jobs = Mutex::new(jobs);
    thread::scope(|scope| {
        for _ in 0..translators {
            scope.spawn(|| {
                loop {
                    let next = jobs.lock().expect("no holder panics").recv();
                    let Ok(letter) = next else {
                        return; // closed and empty
                    };
                    letter.translate();
                }
            });
        }
        for letter in letters {
            queue.send(letter).expect("the translators are here");
        }
        drop(queue);
    });
}
// ANCHOR_END: pool

// ANCHOR: rayon
fn on_rayon(letters: &[Letter]) {
    letters.iter().par_bridge().for_each(Letter::translate);
}
// ANCHOR_END: rayon

// ANCHOR: semaphore
async fn under_a_semaphore(letters: Vec<Letter>, translators: usize) {
    let places = Arc::new(Semaphore::new(translators));
    let mut tasks = JoinSet::new();
    for letter in letters {
        let place = Arc::clone(&places).acquire_owned().await;
        let place = place.expect("it is not closed");
        tasks.spawn(async move {
            letter.translated().await;
            drop(place);
        });
    }
    tasks.join_all().await;
}
// ANCHOR_END: semaphore

// ANCHOR: steady
async fn at_a_steady_rate(letters: Vec<Letter>) {
    let mut ticks = interval(PERIOD);
    let mut tasks = JoinSet::new();
    for letter in letters {
        ticks.tick().await;
        tasks.spawn(letter.translated());
    }
    tasks.join_all().await;
}
// ANCHOR_END: steady

// ANCHOR: bucket
async fn from_a_bucket(letters: Vec<Letter>) {
    let mut tokens = bucket();
    let mut tasks = JoinSet::new();
    for letter in letters {
        tokens.recv().await.expect("the bucket is refilled");
        tasks.spawn(letter.translated());
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

// ANCHOR: futurelock
async fn refill(stock: &AsyncMutex<u32>) {
    *stock.lock().await += 10;
}

async fn refill_or_report(stock: &AsyncMutex<u32>) {
    let mut refilled = pin!(refill(stock));
    tokio::select! {
        () = &mut refilled => {}
        () = sleep(Duration::from_millis(5)) => {
            println!("still {} left", stock.lock().await);
        }
    }
}
// ANCHOR_END: futurelock

/// The same, but the branch owns its future.
async fn refill_or_report_later(stock: &AsyncMutex<u32>) {
    tokio::select! {
        () = refill(stock) => {}
        () = sleep(Duration::from_millis(5)) => {
            println!("still {} left", stock.lock().await);
        }
    }
}

/// While another task holds the lock for 10 ms, the one never returns and the other does.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn assert_the_futurelock() {
    let second = Duration::from_secs(1);
    for (owned, returns) in [(false, false), (true, true)] {
        let stock = Arc::new(AsyncMutex::new(7));
        let held = Arc::clone(&stock).lock_owned().await;
        tokio::spawn(async move {
            sleep(Duration::from_millis(10)).await;
            drop(held);
        });
        let returned = if owned {
            timeout(second, refill_or_report_later(&stock)).await
        } else {
            timeout(second, refill_or_report(&stock)).await
        };
        assert!(returned.is_ok() == returns, "owned: {owned}, {returned:?}");
    }
}

/// The picture of a design in tasks, on tokio's paused clock.
fn picture<F: Future<Output = ()>>(
    design: impl FnOnce(Vec<Letter>) -> F,
    limit: Option<usize>,
) -> io::Result<Timeline> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    runtime.block_on(async {
        let recorder = Recorder::on_tokios_clock();
        design(letters(&Desk::Tasks(recorder.clone()))).await;
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

/// Fork–join by so many translators. A part has a clock of its own, because a translator who is done
/// waits for no other.
fn parts(translators: usize) -> Timeline {
    let part = LETTERS.div_ceil(translators);
    let offices: Vec<_> = (0..LETTERS)
        .step_by(part)
        .map(|first| Arc::new(Simulation::new(1, part.min(LETTERS - first))))
        .collect();
    let letters: Vec<_> = (0..LETTERS)
        .map(|number| Letter {
            number,
            desk: Desk::Threads(Arc::clone(&offices[number / part])),
        })
        .collect();
    fork_join(&letters, translators);

    let parts = offices.iter().enumerate();
    let parts = parts.map(|(n, office)| office.by_thread(&format!("part {}", n + 1), "", None));
    let mut picture = parts
        .reduce(|mut all, part| {
            all.lanes.extend(part.lanes);
            all
        })
        .expect("there is a part");
    picture.proves = format!("{translators} at work: fork–join {} ms.", picture.end());
    picture
}

/// The pool of so many translators.
fn pool(translators: usize) -> Timeline {
    let (office, letters) = office(translators);
    worker_pool(letters, translators);
    let mut picture = office.by_thread("worker", "", Some(translators));
    picture.proves = format!("Worker pool {} ms.", picture.end());
    picture
}

fn main() -> io::Result<()> {
    assert_the_futurelock();

    let (one, letters) = office(1);
    plain_loop(&letters);
    let mut alone = one.by_thread("main", "", None);
    alone.proves = format!("A plain loop: twelve letters, {} ms.", alone.end());

    let mut parted = parts(TRANSLATORS);
    parted.proves = format!(
        "Fork–join in {TRANSLATORS} parts: {} ms. Short letters wait behind the treaty, while the \
         others have nothing to do.",
        parted.end()
    );

    let mut pooled = pool(TRANSLATORS);
    pooled.proves = format!(
        "A worker pool of {TRANSLATORS}: {} ms. The translator who is free takes the next letter.",
        pooled.end()
    );

    let (rayons, letters) = office(TRANSLATORS);
    let threads = rayon::ThreadPoolBuilder::new().num_threads(TRANSLATORS);
    let threads = threads.build().map_err(io::Error::other)?;
    threads.install(|| on_rayon(&letters));
    let rayon = rayons.by_thread("worker", "", Some(TRANSLATORS));
    assert!(spans(&rayon) == spans(&pooled), "rayon is not the pool");

    let permits = picture(
        |letters| under_a_semaphore(letters, TRANSLATORS),
        Some(TRANSLATORS),
    )?;
    assert!(spans(&permits) == spans(&pooled), "a semaphore is no pool");

    let mut steady = picture(at_a_steady_rate, None)?;
    steady.proves = format!(
        "A rate limiter, one start every {} ms: {} ms, at most {} under way.",
        PERIOD.as_millis(),
        steady.end(),
        steady.most_at_once(),
    );

    let mut burst = picture(from_a_bucket, None)?;
    burst.proves = format!(
        "A token bucket for {BURST}, refilled every {} ms: {} ms. The burst comes first, then the rate.",
        PERIOD.as_millis(),
        burst.end()
    );

    let translators = Knob {
        one: "translator",
        several: "translators",
        values: &[1, 2, 3, 4, 6, 12],
        default: TRANSLATORS as u64,
    };
    Explore::new("translators", translators, |translators| {
        let translators = usize::try_from(translators).expect("a small number");
        vec![parts(translators), pool(translators)]
    })
    .show("choosing_a_pattern")?;
    worked::show(
        "choosing_a_pattern",
        &[
            ("plain_loop", alone),
            ("fork_join", parted),
            ("worker_pool", pooled),
            ("steady_rate", steady),
            ("token_bucket", burst),
        ],
    )
}
