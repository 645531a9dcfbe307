//! The worked example of the chapter on token buckets: a delivery company asks a map service for
//! routes, and the contract allows ten requests a second on average, five of them at once.
//!
//! ```text
//! cargo run -p worked --example token_bucket
//! ```
//!
//! Tasks, locks and timers are tokio's. Its clock is paused: when every task waits, it jumps to the
//! next timer, so the pictures come out the same everywhere. In the run with jitter the network is
//! late by what comes of a seed.

use std::future::Future;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use instruments::recorder::Recorder;
use instruments::timeline::{Between, Timeline};
use tokio::runtime::Builder;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use worked::{Explore, Knob};

// ANCHOR: contract
const PERIOD: Duration = Duration::from_millis(100);
const BURST: u32 = 5;
// ANCHOR_END: contract

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
        window.ends = Instant::now() + PERIOD * BURST;
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
    burst: u32,
    tokens: u32,
    /// Tokens have been counted up to here.
    counted: Instant,
}
// ANCHOR_END: bucket

impl Bucket {
    fn full(burst: u32) -> Self {
        Self {
            burst,
            tokens: burst,
            counted: Instant::now(),
        }
    }
}

// ANCHOR: refill
impl Bucket {
    fn refill(&mut self, now: Instant) {
        let new = whole_periods(now - self.counted);
        if new >= self.burst - self.tokens {
            self.tokens = self.burst;
            self.counted = now; // a full bucket gathers nothing
        } else {
            self.tokens += new;
            self.counted += PERIOD * new; // the rest of a period counts next time
        }
    }
}

fn whole_periods(time: Duration) -> u32 {
    u32::try_from(time.as_nanos() / PERIOD.as_nanos()).unwrap_or(u32::MAX)
}
// ANCHOR_END: refill

// ANCHOR: take
impl Bucket {
    /// Takes a token, or says when one will be there.
    fn take(&mut self) -> Result<(), Instant> {
        self.refill(Instant::now());
        if self.tokens == 0 {
            return Err(self.counted + PERIOD);
        }
        self.tokens -= 1;
        Ok(())
    }
}
// ANCHOR_END: take

// ANCHOR: forgetful
impl Bucket {
    fn refill_and_forget(&mut self, now: Instant) {
        let new = whole_periods(now - self.counted);
        self.tokens = self.burst.min(self.tokens.saturating_add(new));
        self.counted = now;
    }
}
// ANCHOR_END: forgetful

impl Bucket {
    fn try_take_forgetful(&mut self) -> bool {
        self.refill_and_forget(Instant::now());
        let there = self.tokens > 0;
        self.tokens -= u32::from(there);
        there
    }
}

// ANCHOR: wait
async fn wait_for_a_token(bucket: &Mutex<Bucket>) {
    let mut bucket = bucket.lock().await;
    while let Err(there_at) = bucket.take() {
        sleep_until(there_at).await;
    }
}
// ANCHOR_END: wait

// ANCHOR: in_advance
async fn take_in_advance(tokens: &Mutex<i32>, cost: i32) {
    let left = {
        let mut tokens = tokens.lock().await;
        *tokens -= cost;
        *tokens
    };
    if left < 0 {
        sleep(PERIOD * left.unsigned_abs()).await; // the debt
    }
}
// ANCHOR_END: in_advance

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
    /// No request is left: the allowance comes back.
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

/// The network between the company and the map service.
#[derive(Clone, Copy)]
enum Network {
    Punctual,
    /// It delays each request by so many milliseconds at most, as the seed has it.
    Jitter {
        seed: u64,
        most: u64,
    },
}

impl Network {
    fn delay(self, request: usize) -> Duration {
        match self {
            Self::Punctual => Duration::ZERO,
            Self::Jitter { seed, most } => {
                // The end of splitmix64: neighbouring numbers come out far apart.
                let mut bits = (seed * 100 + request as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                Duration::from_millis((bits ^ (bits >> 31)) % (most + 1))
            }
        }
    }
}

/// Two drivers open their routes shortly after each other: five stops at 400 ms, five at 500 ms.
async fn two_drivers<L, W, F>(limiter: L, network: Network, wait: W) -> Timeline
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
            let late = network.delay(requests.len());
            let (service, wait) = (Arc::clone(&service), wait(Arc::clone(&limiter)));
            requests.spawn(async move {
                wait.await;
                sleep(late).await;
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
    let mut bucket = Bucket::full(BURST);
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

/// The bucket's run with so large a burst.
fn with_burst(burst: u32, network: Network) -> std::io::Result<Timeline> {
    on_a_paused_clock(async {
        let wait = |bucket: Arc<Mutex<Bucket>>| async move { wait_for_a_token(&bucket).await };
        two_drivers(Mutex::new(Bucket::full(burst)), network, wait).await
    })
}

fn explored(burst: u32) -> Timeline {
    let mut picture = with_burst(burst, Network::Punctual).expect("there is room for a runtime");
    let refused = many(&picture, "refused");
    let last = ["answered", "refused"].map(|lane| last_on(&picture, lane));
    picture.proves = format!(
        "A burst of {burst}: the last of ten requests goes out at {} ms, and {} refused.",
        last[0].max(last[1]),
        match refused {
            0 => "none is".to_owned(),
            1 => "1 is".to_owned(),
            _ => format!("{refused} are"),
        }
    );
    picture
}

/// A run in which the network makes the service refuse something, and how many of a hundred do.
fn with_jitter() -> std::io::Result<Timeline> {
    let refusing = |burst, most| -> std::io::Result<Vec<Timeline>> {
        let runs = (0..100).map(|seed| with_burst(burst, Network::Jitter { seed, most }));
        let mut runs = runs.collect::<std::io::Result<Vec<_>>>()?;
        runs.retain(|run| many(run, "refused") > 0);
        Ok(runs)
    };
    let (five, four) = (refusing(BURST, 40)?, refusing(BURST - 1, 40)?);
    let by_a_period = refusing(BURST - 1, 100)?;
    let mut picture = five.first().expect("some run is refused something").clone();
    assert!(
        four.is_empty() && by_a_period.is_empty(),
        "a token in reserve was not enough"
    );
    picture.proves = format!(
        "A bucket of {BURST}, and a network that delays each request by up to 40 ms. In {} of a \
         hundred such runs something is refused; with a bucket of {}, in none.",
        five.len(),
        BURST - 1,
    );
    Ok(picture)
}

fn window() -> Window {
    Window {
        ends: Instant::now() + PERIOD * BURST,
        left: BURST,
    }
}

/// After ten idle seconds, as many go out at once as a window has, and no more.
async fn a_window_after_a_pause() {
    let window = Mutex::new(window());
    sleep(Duration::from_secs(10)).await;
    let pause = Instant::now();
    for n in 0..2 * BURST {
        wait_for_the_window(&window).await;
        assert_eq!(pause.elapsed().is_zero(), n < BURST, "request {n}");
    }
}

/// The caller that gives up after a moment has paid all the same.
async fn a_debt_of_a_caller_that_left() {
    let tokens = Mutex::new(1);
    let take = take_in_advance(&tokens, 5);
    let left = tokio::time::timeout(PERIOD, take).await.is_err();
    assert!(left && *tokens.lock().await == -4);
}

fn main() -> std::io::Result<()> {
    on_a_paused_clock(a_window_after_a_pause())?;
    on_a_paused_clock(a_debt_of_a_caller_that_left())?;
    let mut window = on_a_paused_clock(async {
        let wait = |window: Arc<Mutex<Window>>| async move { wait_for_the_window(&window).await };
        two_drivers(Mutex::new(window()), Network::Punctual, wait).await
    })?;
    window.proves = format!(
        "Five in each window of 500 ms: ten requests within 100 ms, and {} of them are refused.",
        many(&window, "refused"),
    );

    let mut spaced = on_a_paused_clock(async {
        let next = Mutex::new(Instant::now());
        let wait = |next: Arc<Mutex<Instant>>| async move { wait_for_the_next(&next).await };
        two_drivers(next, Network::Punctual, wait).await
    })?;
    spaced.proves = format!(
        "One every 100 ms: none is refused, but the first driver has his route only at {} ms, and \
         most of the allowance is never used.",
        nth_answer(&spaced, 5),
    );

    let mut bucket = with_burst(BURST, Network::Punctual)?;
    bucket.proves = format!(
        "A bucket of {BURST}: none is refused, the first driver has his route at {} ms, the second \
         at {} ms.",
        nth_answer(&bucket, 5),
        nth_answer(&bucket, 10),
    );

    let late = with_jitter()?;

    let mut forgetful = on_a_paused_clock(an_eager_task())?;
    forgetful.proves = format!(
        "A bucket that forgets what is left of a period: {} requests at 0 ms and none after, though \
         the allowance is back at 500 ms.",
        many(&forgetful, "answered"),
    );

    let burst = Knob {
        one: "token at once",
        several: "tokens at once",
        values: &[1, 2, 3, 4, 5, 6, 8],
        default: u64::from(BURST),
    };
    Explore::new("burst", burst, |burst| {
        vec![explored(u32::try_from(burst).expect("a small number"))]
    })
    .show("token_bucket")?;
    worked::show(
        "token_bucket",
        &[
            ("fixed_window", window),
            ("one_at_a_time", spaced),
            ("bucket", bucket),
            ("with_jitter", late),
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

fn last_on(timeline: &Timeline, lane: &str) -> u64 {
    let lane = timeline.lanes.iter().find(|other| other.name == lane);
    let last = lane.and_then(|lane| lane.instants.last());
    last.map_or(0, |instant| instant.at)
}
