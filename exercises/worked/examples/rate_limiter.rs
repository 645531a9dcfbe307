//! The worked example of the chapter on rate limiters: a bookshop takes over another shop's stock
//! and looks up each book in a catalogue, which takes one request every 100 ms.
//!
//! ```text
//! cargo run -p worked --example rate_limiter
//! ```
//!
//! Intervals, tasks and refusals are real. The clock is tokio's, paused: when every task waits, it
//! jumps to the next timer, so the pictures come out the same everywhere. In the run with jitter the
//! network is late by what comes of a seed.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use instruments::recorder::Recorder;
use instruments::timeline::{Between, Instant, InstantKind, Lane, Level, Timeline};
use tokio::runtime::Builder;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{self, Interval, MissedTickBehavior, interval, sleep};
use worked::{Explore, Knob};

// ANCHOR: period
const PERIOD: Duration = Duration::from_millis(100);
// ANCHOR_END: period

/// What the catalogue forgives: no network is punctual to the millisecond.
const FORGIVEN: Duration = Duration::from_millis(5);

/// How many requests the catalogue leaves open at once.
// ANCHOR: places
const PLACES: usize = 3;
// ANCHOR_END: places

/// How long the answer takes for the book in the cellar.
const SLOW: u64 = 560;

/// A book to be looked up, the milliseconds that its answer takes, and those by which the network
/// delays the request.
#[derive(Clone, Copy)]
struct Book {
    answer: u64,
    late: u64,
}

/// The catalogue. It refuses a request that comes too soon after the last one, or while too many are
/// open.
#[derive(Clone)]
struct Catalogue {
    meter: Arc<StdMutex<Meter>>,
    recorder: Recorder,
}

struct Meter {
    /// When it will take the next request, at the earliest.
    next: time::Instant,
    open: usize,
}

impl Catalogue {
    fn new(recorder: &Recorder) -> Self {
        Self {
            meter: Arc::new(StdMutex::new(Meter {
                next: time::Instant::now(),
                open: 0,
            })),
            recorder: recorder.clone(),
        }
    }

    async fn look_up(&self, book: Book) {
        sleep(Duration::from_millis(book.late)).await;
        self.begin();
        sleep(Duration::from_millis(book.answer)).await;
        self.end();
    }

    fn begin(&self) {
        let mut meter = self.meter.lock().unwrap_or_else(PoisonError::into_inner);
        let now = time::Instant::now();
        if now >= meter.next && meter.open < PLACES {
            meter.next = now + PERIOD - FORGIVEN;
            self.recorder.granted_on("sent", "");
        } else {
            self.recorder.granted_on("refused", "");
        }
        meter.open += 1;
        self.show(meter.open);
    }

    fn end(&self) {
        let mut meter = self.meter.lock().unwrap_or_else(PoisonError::into_inner);
        meter.open -= 1;
        self.show(meter.open);
    }

    fn show(&self, open: usize) {
        let open = u64::try_from(open).expect("there are few books");
        self.recorder.level(open);
    }
}

// ANCHOR: pauses
async fn import_with_pauses(books: Vec<Book>, catalogue: Catalogue) {
    for book in books {
        catalogue.look_up(book).await;
        sleep(PERIOD).await;
    }
}
// ANCHOR_END: pauses

// ANCHOR: ticks
async fn import_by_ticks(books: Vec<Book>, catalogue: Catalogue) {
    let mut ticks = interval(PERIOD);
    for book in books {
        ticks.tick().await;
        catalogue.look_up(book).await;
    }
}
// ANCHOR_END: ticks

// ANCHOR: delay
fn turns() -> Interval {
    let mut turns = interval(PERIOD);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    turns
}
// ANCHOR_END: delay

// ANCHOR: shared
async fn look_up_in_turn(turns: &Mutex<Interval>, catalogue: &Catalogue, book: Book) {
    turns.lock().await.tick().await;
    catalogue.look_up(book).await;
}
// ANCHOR_END: shared

/// The importer, and a clerk at the till who looks something up now and then.
async fn import_beside_the_till(books: Vec<Book>, catalogue: Catalogue) {
    let turns = Mutex::new(turns());
    let import = async {
        for book in books {
            look_up_in_turn(&turns, &catalogue, book).await;
        }
    };
    let till = async {
        for answer in [20, 30, 20] {
            sleep(Duration::from_millis(230)).await;
            let book = Book { answer, late: 0 };
            look_up_in_turn(&turns, &catalogue, book).await;
        }
    };
    tokio::join!(import, till);
}

// ANCHOR: rate_alone
async fn import_without_waiting(books: Vec<Book>, catalogue: Catalogue) {
    let mut turns = turns();
    let mut requests = JoinSet::new();
    for book in books {
        turns.tick().await;
        let catalogue = catalogue.clone();
        requests.spawn(async move { catalogue.look_up(book).await });
    }
    requests.join_all().await;
}
// ANCHOR_END: rate_alone

async fn import_by_places(books: Vec<Book>, catalogue: Catalogue) {
    let places = Arc::new(Semaphore::new(PLACES));
    let mut requests = JoinSet::new();
    for book in books {
        let place = Arc::clone(&places).acquire_owned().await;
        let place = place.expect("the semaphore is never closed");
        let catalogue = catalogue.clone();
        requests.spawn(async move {
            let _place = place;
            catalogue.look_up(book).await;
        });
    }
    requests.join_all().await;
}

// ANCHOR: both
async fn import(books: Vec<Book>, catalogue: Catalogue) {
    let places = Arc::new(Semaphore::new(PLACES));
    let mut turns = turns();
    let mut requests = JoinSet::new();
    for book in books {
        let place = Arc::clone(&places).acquire_owned().await;
        let place = place.expect("the semaphore is never closed");
        turns.tick().await;
        let catalogue = catalogue.clone();
        requests.spawn(async move {
            let _place = place;
            catalogue.look_up(book).await;
        });
    }
    requests.join_all().await;
}
// ANCHOR_END: both

// ANCHOR: turn_first
async fn turn_and_place(turns: &mut Interval, places: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    turns.tick().await;
    let place = Arc::clone(places).acquire_owned().await;
    place.expect("the semaphore is never closed")
}
// ANCHOR_END: turn_first

async fn import_turn_first(books: Vec<Book>, catalogue: Catalogue) {
    let places = Arc::new(Semaphore::new(PLACES));
    let mut turns = turns();
    let mut requests = JoinSet::new();
    for book in books {
        let place = turn_and_place(&mut turns, &places).await;
        let catalogue = catalogue.clone();
        requests.spawn(async move {
            let _place = place;
            catalogue.look_up(book).await;
        });
    }
    requests.join_all().await;
}

fn books(answers: impl IntoIterator<Item = u64>) -> Vec<Book> {
    let answers = answers.into_iter();
    answers.map(|answer| Book { answer, late: 0 }).collect()
}

/// Ten books on an ordinary day.
fn ordinary() -> Vec<Book> {
    books([40, 30, 50, 20, 60, 40, 30, 50, 20, 60])
}

/// Ten books, of which the third is looked for in the cellar.
fn one_slow(slow: u64) -> Vec<Book> {
    books([20, 20, slow, 20, 20, 20, 20, 20, 20, 20])
}

/// Ten quick answers, and a network that delays each request by up to 40 ms, as the seed has it.
fn with_jitter(seed: u64) -> Vec<Book> {
    let late = |request: u64| {
        // The end of splitmix64: neighbouring numbers come out far apart.
        let mut bits = (seed * 100 + request).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % 41
    };
    let requests = 1..=10;
    let book = |request| Book {
        answer: 20,
        late: late(request),
    };
    requests.map(book).collect()
}

/// One request a period, each by a task, so that nothing but the network makes it late.
async fn import_every(period: Duration, books: Vec<Book>, catalogue: Catalogue) {
    let mut turns = interval(period);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut requests = JoinSet::new();
    for book in books {
        turns.tick().await;
        let catalogue = catalogue.clone();
        requests.spawn(async move { catalogue.look_up(book).await });
    }
    requests.join_all().await;
}

/// A run in which the network makes the catalogue refuse something, and how many of a hundred do.
fn late_network() -> std::io::Result<Timeline> {
    let refusing = |period| -> std::io::Result<Vec<Timeline>> {
        let run = |seed| {
            requests(with_jitter(seed), |books, catalogue| {
                import_every(period, books, catalogue)
            })
        };
        let mut runs = (0..100).map(run).collect::<std::io::Result<Vec<_>>>()?;
        runs.retain(|run| !times(run, "refused").is_empty());
        Ok(runs)
    };
    let margin = Duration::from_millis(40);
    let (tight, wide) = (refusing(PERIOD)?, refusing(PERIOD + margin)?);
    assert!(wide.is_empty(), "the margin was not enough");
    let mut picture = tight
        .first()
        .expect("some run is refused something")
        .clone();
    picture.proves = format!(
        "A turn every 100 ms, and a network that delays each request by up to 40 ms. In {} of 100 \
         such runs something is refused; with a turn every 140 ms, in none.",
        tight.len(),
    );
    Ok(picture)
}

fn on_a_paused_clock<T>(run: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    Ok(runtime.block_on(run))
}

/// Looks all books up, and draws when their requests went out.
fn requests<F>(
    books: Vec<Book>,
    import: impl FnOnce(Vec<Book>, Catalogue) -> F,
) -> std::io::Result<Timeline>
where
    F: Future<Output = ()>,
{
    picture(&Recorder::on_tokios_clock, books, import)
}

/// The same, with a line for how many are open.
fn open_requests<F>(
    books: Vec<Book>,
    import: impl FnOnce(Vec<Book>, Catalogue) -> F,
) -> std::io::Result<Timeline>
where
    F: Future<Output = ()>,
{
    let recorder = || {
        let recorder = Recorder::on_tokios_clock();
        recorder.show_level("open", Between::Step, u64::try_from(PLACES).ok());
        recorder.level(0);
        recorder
    };
    picture(&recorder, books, import)
}

fn picture<F>(
    recorder: &impl Fn() -> Recorder,
    books: Vec<Book>,
    import: impl FnOnce(Vec<Book>, Catalogue) -> F,
) -> std::io::Result<Timeline>
where
    F: Future<Output = ()>,
{
    on_a_paused_clock(async {
        let recorder = recorder();
        import(books, Catalogue::new(&recorder)).await;
        let mut timeline = recorder.timeline("", "");
        mark_what_was_refused(&mut timeline);
        timeline
    })
}

/// Draws the moments at which the catalogue would have taken a request.
fn show_turns(timeline: &mut Timeline) {
    let turn = |at| Instant {
        label: String::new(),
        at,
        kind: InstantKind::Asked,
        broken_rule: None,
    };
    let turns = Lane {
        name: "turns".to_owned(),
        spans: Vec::new(),
        waits: Vec::new(),
        instants: (0..=timeline.end()).step_by(100).map(turn).collect(),
    };
    timeline.lanes.insert(0, turns);
}

fn mark_what_was_refused(timeline: &mut Timeline) {
    let refused = timeline
        .lanes
        .iter_mut()
        .find(|lane| lane.name == "refused");
    if let Some(first) = refused.and_then(|lane| lane.instants.first_mut()) {
        first.broken_rule = Some("more than the catalogue takes".to_owned());
    }
}

/// Ten ticks of each behaviour, with a slow answer after the third.
async fn missed_ticks(slow: u64) -> Timeline {
    let recorder = Recorder::on_tokios_clock();
    let behaviours = [
        MissedTickBehavior::Burst,
        MissedTickBehavior::Delay,
        MissedTickBehavior::Skip,
    ];
    let lanes = behaviours.map(|behaviour| {
        let recorder = recorder.clone();
        async move {
            let lane = format!("{behaviour:?}");
            let mut ticks = interval(PERIOD);
            ticks.set_missed_tick_behavior(behaviour);
            for (n, Book { answer, .. }) in one_slow(slow).into_iter().enumerate() {
                ticks.tick().await;
                recorder.granted_on(&lane, "");
                let slow = (n == 2).then(|| recorder.span_on(&lane, "slow answer"));
                sleep(Duration::from_millis(answer)).await;
                drop(slow);
            }
        }
    });
    let [burst, delay, skip] = lanes;
    tokio::join!(burst, delay, skip);
    recorder.timeline("", "")
}

/// The three behaviours with so long an answer, and what Burst has refused.
fn with_slow_answer(slow: u64) -> std::io::Result<Timeline> {
    let mut picture = on_a_paused_clock(missed_ticks(slow))?;
    let refused = requests(one_slow(slow), import_by_ticks)?;
    let next = |behaviour| {
        let ticks = times(&picture, behaviour);
        let ticks = ticks[3..6].iter().map(u64::to_string);
        ticks.collect::<Vec<_>>().join(", ")
    };
    picture.proves = format!(
        "After an answer of {slow} ms, Burst ticks at {} ms, Delay at {}, Skip at {}. With Burst, {} \
         refused.",
        next("Burst"),
        next("Delay"),
        next("Skip"),
        match times(&refused, "refused").len() {
            0 => "no request is".to_owned(),
            1 => "1 request is".to_owned(),
            many => format!("{many} requests are"),
        },
    );
    Ok(picture)
}

fn main() -> std::io::Result<()> {
    let mut pauses = requests(ordinary(), import_with_pauses)?;
    let mut ticks = requests(ordinary(), import_by_ticks)?;
    pauses.proves = format!(
        "A pause of 100 ms after each answer: the tenth request goes out at {} ms.",
        times(&pauses, "sent")[9]
    );
    ticks.proves = format!(
        "A tick before each request: the tenth goes out at {} ms, whatever the answers took.",
        times(&ticks, "sent")[9]
    );

    show_turns(&mut pauses);
    show_turns(&mut ticks);

    let mut catch_up = requests(one_slow(SLOW), import_by_ticks)?;
    catch_up.proves = format!(
        "The third answer takes {SLOW} ms, and the interval makes up for what it missed: {} of \
         seven requests are refused.",
        times(&catch_up, "refused").len()
    );

    let beside_the_till = requests(one_slow(SLOW), import_beside_the_till)?;
    assert!(times(&beside_the_till, "sent").len() == 13);

    let slow = || books([450; 7]);
    let mut rate_alone = open_requests(slow(), import_without_waiting)?;
    rate_alone.proves = format!(
        "A rate alone, and every answer takes 450 ms: up to {} requests are open, and {} of seven \
         are refused.",
        most_open(&rate_alone),
        times(&rate_alone, "refused").len()
    );
    let places_alone = open_requests(books([20; 7]), import_by_places)?;
    let all_at_once = ["sent", "refused"].map(|lane| times(&places_alone, lane));
    assert_eq!(all_at_once.concat().len(), 7);
    assert_eq!(all_at_once.concat().iter().max(), Some(&40));

    let mut both = open_requests(slow(), import)?;
    assert!(times(&both, "refused").is_empty());
    both.proves = format!(
        "A place and then a turn, and every answer takes 450 ms: none is refused, and the seventh \
         goes out at {} ms.",
        times(&both, "sent")[6]
    );

    let mut turn_first = open_requests(books([600, 500, 400, 20, 20, 20, 20]), import_turn_first)?;
    turn_first.proves = format!(
        "A turn and then a place: two requests go out at {} ms, and one of them is refused.",
        times(&turn_first, "refused")[0]
    );

    let slow = Knob {
        one: "ms for the third answer",
        several: "ms for the third answer",
        values: &[20, 120, 200, 260, 360, SLOW],
        default: SLOW,
    };
    Explore::new("slow", slow, |slow| {
        vec![with_slow_answer(slow).expect("there is room for a runtime")]
    })
    .show("rate_limiter")?;
    worked::show(
        "rate_limiter",
        &[
            ("pauses", pauses),
            ("ticks", ticks),
            ("catch_up", catch_up),
            ("with_jitter", late_network()?),
            ("rate_alone", rate_alone),
            ("both", both),
            ("turn_first", turn_first),
        ],
    )
}

fn times(timeline: &Timeline, lane: &str) -> Vec<u64> {
    let lane = timeline.lanes.iter().find(|other| other.name == lane);
    let instants = lane.into_iter().flat_map(|lane| &lane.instants);
    instants.map(|instant| instant.at).collect()
}

fn most_open(timeline: &Timeline) -> u64 {
    let level = timeline.level.as_ref();
    level.map_or(0, Level::most)
}
