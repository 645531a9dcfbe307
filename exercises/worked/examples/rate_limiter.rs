//! The worked example of the chapter on rate limiters: a bookshop takes over another shop's stock
//! and looks up each book in a catalogue, which takes one request every 100 ms.
//!
//! ```text
//! cargo run -p worked --example rate_limiter
//! ```
//!
//! Intervals, tasks and refusals are real. The clock is tokio's, paused: when every task waits, it
//! jumps to the next timer, so the pictures come out the same everywhere.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use instruments::recorder::Recorder;
use instruments::timeline::{Between, Instant, InstantKind, Lane, Level, Timeline};
use tokio::runtime::Builder;
use tokio::sync::{AcquireError, Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{self, Interval, MissedTickBehavior, interval, sleep};

const PERIOD: Duration = Duration::from_millis(100);

/// What the catalogue forgives: no network is punctual to the millisecond.
const FORGIVEN: Duration = Duration::from_millis(5);

/// How many requests the catalogue leaves open at once.
const PLACES: usize = 3;

// Warm-up: change this number, say what the third and the fourth picture will look like, and run
// the example.
// ANCHOR: warm_up
const SLOW: u64 = 560;
// ANCHOR_END: warm_up

/// A book to be looked up, and the milliseconds that its answer takes.
#[derive(Clone, Copy)]
struct Book {
    answer: u64,
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
            look_up_in_turn(&turns, &catalogue, Book { answer }).await;
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
async fn turn_and_place(turns: &mut Interval, places: &Arc<Semaphore>) -> Permit {
    turns.tick().await;
    Arc::clone(places).acquire_owned().await
}
// ANCHOR_END: turn_first

type Permit = Result<OwnedSemaphorePermit, AcquireError>;

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
    answers.into_iter().map(|answer| Book { answer }).collect()
}

/// Ten books on an ordinary day.
fn ordinary() -> Vec<Book> {
    books([40, 30, 50, 20, 60, 40, 30, 50, 20, 60])
}

/// Ten books, of which the third is looked for in the cellar.
fn one_slow() -> Vec<Book> {
    books([20, 20, SLOW, 20, 20, 20, 20, 20, 20, 20])
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
async fn missed_ticks() -> Timeline {
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
            for Book { answer } in one_slow() {
                ticks.tick().await;
                recorder.granted_on(&lane, "");
                let slow = (answer == SLOW).then(|| recorder.span_on(&lane, "slow answer"));
                sleep(Duration::from_millis(answer)).await;
                drop(slow);
            }
        }
    });
    let [burst, delay, skip] = lanes;
    tokio::join!(burst, delay, skip);
    recorder.timeline("", "")
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

    let mut catch_up = requests(one_slow(), import_by_ticks)?;
    catch_up.proves = format!(
        "The third answer takes {SLOW} ms, and the interval makes up for what it missed: {} of \
         seven requests are refused.",
        times(&catch_up, "refused").len()
    );

    let mut missed = on_a_paused_clock(missed_ticks())?;
    let fourth = |behaviour| times(&missed, behaviour)[3..5].to_vec();
    let (delay, skip) = (fourth("Delay"), fourth("Skip"));
    missed.proves = format!(
        "After the slow answer, Burst makes up for all that it missed. Delay counts a period from \
         the late tick, {} to {} ms. Skip goes back to its grid, {} to {} ms.",
        delay[0], delay[1], skip[0], skip[1]
    );

    let beside_the_till = requests(one_slow(), import_beside_the_till)?;
    assert!(times(&beside_the_till, "sent").len() == 13);

    let slow = || books([450; 7]);
    let mut rate_alone = open_requests(slow(), import_without_waiting)?;
    rate_alone.proves = format!(
        "A rate alone, and every answer takes 450 ms: up to {} requests are open, and {} of seven \
         are refused.",
        most_open(&rate_alone),
        times(&rate_alone, "refused").len()
    );
    let mut places_alone = open_requests(books([20; 7]), import_by_places)?;
    places_alone.proves = format!(
        "Three places alone, and every answer takes 20 ms: seven requests within {} ms, and {} of \
         them are refused.",
        places_alone.end(),
        times(&places_alone, "refused").len()
    );
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

    worked::show(
        "rate_limiter",
        &[
            ("pauses", pauses),
            ("ticks", ticks),
            ("catch_up", catch_up),
            ("missed", missed),
            ("rate_alone", rate_alone),
            ("places_alone", places_alone),
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
