//! The worked example of the chapter on token buckets: a delivery company asks a map service for
//! routes, and the contract allows ten requests a second on average, five of them at once.
//!
//! ```text
//! cargo run -p worked --example token_bucket
//! ```
//!
//! Tasks, locks and timers are tokio's. Its clock is paused: when every task waits, it jumps to the
//! next timer, so the pictures come out the same everywhere.

use std::future::Future;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use instruments::recorder::Recorder;
use instruments::timeline::{Between, Timeline};
use tokio::runtime::Builder;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

const PERIOD: Duration = Duration::from_millis(100);

// Warm-up: change this number, say what the picture of the bucket will look like, and run the
// example. The map service keeps to its contract, whatever you write here.
// ANCHOR: warm_up
const BURST: u32 = 5;
// ANCHOR_END: warm_up

// ANCHOR: window
struct Window {
    ends: Instant,
    left: u32,
}

async fn wait_for_the_window(window: &Mutex<Window>) {
    let mut window = window.lock().await;
    if window.left == 0 {
        sleep_until(window.ends).await;
    }
    if Instant::now() >= window.ends {
        window.ends += PERIOD * BURST;
        window.left = BURST;
    }
    window.left -= 1;
}
// ANCHOR_END: window

// ANCHOR: spaced
async fn wait_for_the_next(next: &Mutex<Instant>) {
    let mut next = next.lock().await;
    sleep_until(*next).await;
    *next = Instant::now() + PERIOD;
}
// ANCHOR_END: spaced

// ANCHOR: bucket
struct Bucket {
    tokens: u32,
    /// Tokens have been counted up to here.
    counted: Instant,
}
// ANCHOR_END: bucket

impl Bucket {
    fn full() -> Self {
        Self {
            tokens: BURST,
            counted: Instant::now(),
        }
    }

    // ANCHOR: refill
    fn refill(&mut self, now: Instant) {
        let new = whole_periods(now - self.counted);
        if self.tokens + new >= BURST {
            self.tokens = BURST;
            self.counted = now; // a full bucket gathers nothing
        } else {
            self.tokens += new;
            self.counted += PERIOD * new; // the rest of a period counts next time
        }
    }
    // ANCHOR_END: refill

    // ANCHOR: take
    fn take(&mut self) -> Result<(), Instant> {
        self.refill(Instant::now());
        if self.tokens == 0 {
            return Err(self.counted + PERIOD);
        }
        self.tokens -= 1;
        Ok(())
    }
    // ANCHOR_END: take

    // ANCHOR: forgetful
    fn refill_and_forget(&mut self, now: Instant) {
        let new = whole_periods(now - self.counted);
        self.tokens = BURST.min(self.tokens + new);
        self.counted = now;
    }
    // ANCHOR_END: forgetful

    fn try_take_forgetful(&mut self) -> bool {
        self.refill_and_forget(Instant::now());
        let there = self.tokens > 0;
        self.tokens -= u32::from(there);
        there
    }
}

fn whole_periods(time: Duration) -> u32 {
    let periods = time.as_millis() / PERIOD.as_millis();
    u32::try_from(periods).expect("the example does not run for years")
}

// ANCHOR: wait
async fn wait_for_a_token(bucket: &Mutex<Bucket>) {
    let mut bucket = bucket.lock().await;
    while let Err(there_at) = bucket.take() {
        sleep_until(there_at).await;
    }
}
// ANCHOR_END: wait

/// The map service. It meters what comes in, by the contract, and refuses what is too much.
struct MapService {
    meter: StdMutex<Meter>,
    recorder: Recorder,
}

/// The service's own count, in milliseconds of allowance: a request costs a period.
struct Meter {
    allowance: u64,
    at: u64,
    started: Instant,
}

/// What the contract allows at once; not the caller's to change.
const ALLOWED: u64 = 5;
const COST: u64 = 100;

impl MapService {
    fn new(recorder: &Recorder) -> Self {
        recorder.show_level("allowance", Between::Ramp, Some(ALLOWED));
        recorder.level(ALLOWED);
        Self {
            meter: StdMutex::new(Meter {
                allowance: ALLOWED * COST,
                at: 0,
                started: Instant::now(),
            }),
            recorder: recorder.clone(),
        }
    }

    fn request(&self) {
        let mut meter = self.meter.lock().unwrap_or_else(PoisonError::into_inner);
        let now = u64::try_from(meter.started.elapsed().as_millis()).expect("the run is short");
        if meter.full_at() <= now {
            self.recorder.level_at(meter.full_at(), ALLOWED);
        }
        meter.allowance = (meter.allowance + now - meter.at).min(ALLOWED * COST);
        meter.at = now;
        self.recorder.level(meter.allowance / COST);
        if let Some(rest) = meter.allowance.checked_sub(COST) {
            meter.allowance = rest;
            self.recorder.level(rest / COST);
            self.recorder.granted_on("answered", "");
        } else {
            self.recorder.granted_on("refused", "");
        }
    }
}

impl MapService {
    /// Nobody asks any more: the allowance comes back.
    fn finish(&self) {
        let meter = self.meter.lock().unwrap_or_else(PoisonError::into_inner);
        self.recorder.level_at(meter.full_at(), ALLOWED);
    }
}

impl Meter {
    fn full_at(&self) -> u64 {
        self.at + ALLOWED * COST - self.allowance
    }
}

/// Two drivers open their routes shortly after each other: five stops at 400 ms, five at 500 ms.
async fn two_drivers<L, W, F>(limiter: L, wait: W) -> Timeline
where
    L: Send + Sync + 'static,
    W: Fn(Arc<L>) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let recorder = Recorder::on_tokios_clock();
    let service = Arc::new(MapService::new(&recorder));
    let limiter = Arc::new(limiter);
    let mut requests = JoinSet::new();
    for pause in [400, 100] {
        sleep(Duration::from_millis(pause)).await;
        for _ in 0..5 {
            recorder.asked_on("asked", "");
            let (service, wait) = (Arc::clone(&service), wait(Arc::clone(&limiter)));
            requests.spawn(async move {
                wait.await;
                service.request();
            });
        }
    }
    while let Some(request) = requests.join_next().await {
        request.expect("a request does not panic");
    }
    service.finish();
    let mut timeline = recorder.timeline("", "");
    mark_what_was_refused(&mut timeline);
    timeline
}

fn mark_what_was_refused(timeline: &mut Timeline) {
    let refused = timeline
        .lanes
        .iter_mut()
        .find(|lane| lane.name == "refused");
    if let Some(first) = refused.and_then(|lane| lane.instants.first_mut()) {
        first.broken_rule = Some("more than the contract allows".to_owned());
    }
}

/// A task that asks every 60 ms whether there is a token to spare, of a bucket that forgets.
async fn an_eager_task() -> Timeline {
    let recorder = Recorder::on_tokios_clock();
    let service = MapService::new(&recorder);
    let mut bucket = Bucket::full();
    for n in 0..20 {
        recorder.asked_on("asked", "");
        // The first to come takes all there is.
        for _ in 0..if n == 0 { BURST } else { 1 } {
            if bucket.try_take_forgetful() {
                service.request();
            }
        }
        sleep(Duration::from_millis(60)).await;
    }
    service.finish();
    recorder.timeline("", "")
}

fn on_a_paused_clock<T>(run: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    Ok(runtime.block_on(run))
}

fn main() -> std::io::Result<()> {
    let mut window = on_a_paused_clock(async {
        let window = Window {
            ends: Instant::now() + PERIOD * BURST,
            left: BURST,
        };
        let wait = |window: Arc<Mutex<Window>>| async move { wait_for_the_window(&window).await };
        two_drivers(Mutex::new(window), wait).await
    })?;
    window.proves = format!(
        "Five in every 500 ms: ten requests within 100 ms, and {} of them are refused.",
        many(&window, "refused"),
    );

    let mut spaced = on_a_paused_clock(async {
        let next = Mutex::new(Instant::now());
        let wait = |next: Arc<Mutex<Instant>>| async move { wait_for_the_next(&next).await };
        two_drivers(next, wait).await
    })?;
    spaced.proves = format!(
        "One every 100 ms: none is refused, but the first driver has his route only at {} ms, and \
         most of the allowance is never used.",
        nth_answer(&spaced, 5),
    );

    let mut bucket = on_a_paused_clock(async {
        let wait = |bucket: Arc<Mutex<Bucket>>| async move { wait_for_a_token(&bucket).await };
        two_drivers(Mutex::new(Bucket::full()), wait).await
    })?;
    bucket.proves = format!(
        "A bucket of {BURST}: none is refused, the first driver has his route at {} ms, the second \
         at {} ms.",
        nth_answer(&bucket, 5),
        nth_answer(&bucket, 10),
    );

    let mut forgetful = on_a_paused_clock(an_eager_task())?;
    forgetful.proves = format!(
        "A bucket that forgets what is left of a period: {} requests at 0 ms and none after, though \
         the allowance is back at 500 ms.",
        many(&forgetful, "answered"),
    );

    worked::show(
        "token_bucket",
        &[
            ("fixed_window", window),
            ("one_at_a_time", spaced),
            ("bucket", bucket),
            ("forgetful", forgetful),
        ],
    )
}

fn many(timeline: &Timeline, lane: &str) -> usize {
    let lane = timeline.lanes.iter().find(|other| other.name == lane);
    lane.map_or(0, |lane| lane.instants.len())
}

fn nth_answer(timeline: &Timeline, n: usize) -> u64 {
    let answered = timeline.lanes.iter().find(|lane| lane.name == "answered");
    answered.map_or(0, |lane| lane.instants[n - 1].at)
}
