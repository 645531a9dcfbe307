//! The worked example of the chapter on structured concurrency: a hotel tests its smoke detectors,
//! floor by floor, while the line to the fire brigade is disconnected.
//!
//! ```text
//! cargo run -p worked --example structured_concurrency
//! ```
//!
//! Tasks and cancellation are real. The clock is tokio's, paused: when every task waits, it jumps to
//! the next one's time. One picture counts steps instead, on two threads.

use std::future;
use std::io;
use std::panic::resume_unwind;
use std::time::Duration;

use instruments::canary::Cage;
use instruments::gate::{Count, Gate};
use instruments::recorder::Recorder;
use instruments::timeline::{Lane, Timeline};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{self, error::Elapsed};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use worked::{Explore, Knob};

/// When the drill is called off, unless the reader moves it.
const CALLED_OFF_AT: u64 = 30;

/// A floor, whose controller knows its detectors.
#[derive(Clone)]
struct Floor {
    name: &'static str,
    lists_after: u64,
    detectors: Vec<Detector>,
    recorder: Recorder,
}

#[derive(Clone)]
struct Detector {
    name: &'static str,
    takes: u64,
    recorder: Recorder,
}

#[derive(Debug, PartialEq)]
struct Broken(&'static str);

impl Floor {
    /// Asks the floor's controller for its detectors.
    async fn detectors(&self) -> Vec<Detector> {
        let listing = wait(self.lists_after);
        self.recorder.task(self.name, "list", listing).await;
        self.detectors.clone()
    }
}

impl Detector {
    /// Has the detector test itself. At the end it reports an alarm, as if there were smoke.
    async fn test(&self) -> bool {
        let testing = wait(self.takes);
        self.recorder.task(self.name, "test", testing).await;
        true
    }

    /// As `test`, of a detector that may be broken.
    async fn check(&self) -> Result<(), Broken> {
        self.test().await;
        if self.name == "test 2b" {
            return Err(Broken(self.name));
        }
        Ok(())
    }

    /// Takes the detector out of its test, so that it obeys real smoke again.
    async fn reset(&self) {
        self.recorder.task(self.name, "reset", wait(5)).await;
    }
}

fn hotel(recorder: &Recorder) -> Vec<Floor> {
    let detector = |(name, takes)| Detector {
        name,
        takes,
        recorder: recorder.clone(),
    };
    let floor = |name, lists_after, detectors: &[(&'static str, u64)]| Floor {
        name,
        lists_after,
        detectors: detectors.iter().copied().map(detector).collect(),
        recorder: recorder.clone(),
    };
    vec![
        floor("floor 1", 10, &[("test 1a", 30), ("test 1b", 45)]),
        floor("floor 2", 15, &[("test 2a", 40), ("test 2b", 10)]),
    ]
}

async fn wait(milliseconds: u64) {
    time::sleep(Duration::from_millis(milliseconds)).await;
}

// ANCHOR: detached
async fn drill_without_owners(hotel: Vec<Floor>) {
    let mut floors = Vec::new();
    for floor in hotel {
        floors.push(tokio::spawn(async move {
            for detector in floor.detectors().await {
                tokio::spawn(async move { detector.test().await });
            }
        }));
    }
    for floor in floors {
        floor.await.expect("no floor panics");
    }
}
// ANCHOR_END: detached

// ANCHOR: owned
async fn drill(hotel: Vec<Floor>) -> usize {
    let mut floors = JoinSet::new();
    for floor in hotel {
        floors.spawn(test_floor(floor));
    }
    floors.join_all().await.into_iter().sum()
}

async fn test_floor(floor: Floor) -> usize {
    let mut tests = JoinSet::new();
    for detector in floor.detectors().await {
        tests.spawn(async move { detector.test().await });
    }
    let passed = tests.join_all().await;
    passed.into_iter().filter(|passed| *passed).count()
}
// ANCHOR_END: owned

// ANCHOR: first_error
/// All results, or the first error; when it returns, no task of the set is left.
async fn all_or_first_error<T: 'static, E: 'static>(
    mut tasks: JoinSet<Result<T, E>>,
) -> Result<Vec<T>, E> {
    let mut results = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(Ok(result)) => results.push(result),
            Ok(Err(error)) => {
                tasks.shutdown().await;
                return Err(error);
            }
            Err(panicked) => {
                tasks.shutdown().await;
                resume_unwind(panicked.into_panic());
            }
        }
    }
    Ok(results)
}
// ANCHOR_END: first_error

// ANCHOR: check_all
async fn check_all(detectors: Vec<Detector>) -> Result<Vec<()>, Broken> {
    let mut checks = JoinSet::new();
    for detector in detectors {
        checks.spawn(async move { detector.check().await });
    }
    all_or_first_error(checks).await
}
// ANCHOR_END: check_all

// ANCHOR: tree
#[derive(Clone, Default)]
struct Drill {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Drill {
    fn begin(&self, floor: Floor) {
        let drill = self.clone();
        self.tasks.spawn(async move {
            let listing = floor.detectors();
            let Some(detectors) = drill.stop.run_until_cancelled(listing).await else {
                return;
            };
            for detector in detectors {
                drill.test(detector);
            }
        });
    }

    fn test(&self, detector: Detector) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let tested = stop.run_until_cancelled(detector.test()).await;
            if tested.is_none() {
                detector.reset().await;
            }
        });
    }
}
// ANCHOR_END: tree

// ANCHOR: call_off
impl Drill {
    async fn call_off(self) -> Result<(), Elapsed> {
        self.stop.cancel();
        self.tasks.close();
        time::timeout(Duration::from_secs(10), self.tasks.wait()).await
    }
}
// ANCHOR_END: call_off

// ANCHOR: counted
async fn drill_that_counts(hotel: Vec<Floor>) {
    let tasks = TaskTracker::new();
    for floor in hotel {
        let tests = tasks.clone();
        tasks.spawn(async move {
            for detector in floor.detectors().await {
                tests.spawn(async move { detector.test().await });
            }
        });
    }
    tasks.close();
    tasks.wait().await;
}
// ANCHOR_END: counted

/// A connection to a detector, which takes a while to close.
struct Connection {
    may_close: Gate,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.may_close.wait();
    }
}

// ANCHOR: shut_down
/// A floor that owns its test, as a task of its own.
async fn floor_with(test: impl Future<Output = ()> + Send + 'static) {
    let mut tests = JoinSet::new();
    tests.spawn(test);
    tests.join_all().await;
}

async fn shut_down(mut floors: JoinSet<()>) {
    floors.shutdown().await;
    // Each floor is gone. Its test has been told, and may still be running its destructors.
}
// ANCHOR_END: shut_down

/// Here the connection closes when `shutdown` has returned: if that waited for it, this would hang.
#[tokio::main(worker_threads = 2)]
async fn shut_down_on_two_threads() -> Timeline {
    let (recorder, tests, begun, may_close) =
        (Recorder::new(), Cage::new(), Count::new(), Gate::new());
    let testing = {
        let (begun, may_close) = (begun.clone(), may_close.clone());
        async move {
            let _connection = Connection { may_close };
            begun.add();
            future::pending::<()>().await;
        }
    };
    let (test, alive) = (recorder.task("test 1b", "test", testing), tests.canary());
    let test = async move {
        let _alive = alive;
        test.await;
    };
    let mut floors = JoinSet::new();
    floors.spawn(recorder.task("floor 1", "owns the test", floor_with(test)));
    begun.reached(1).await;
    recorder.moment("shutdown");
    shut_down(floors).await;
    recorder.moment("shutdown returns");
    may_close.open();
    tests.emptied().await;
    let mut timeline = recorder.timeline(
        "",
        "On two threads: shutdown returns when the floor is gone, and the floor's test is still alive.",
    );
    let test = lane(&mut timeline, "test 1b");
    test.spans[0].broken_rule = Some("told, and not gone".to_owned());
    timeline
}

fn main() -> io::Result<()> {
    let told = Knob {
        one: "ms until the drill is called off",
        several: "ms until the drill is called off",
        values: &[5, 12, 20, CALLED_OFF_AT, 42, 50],
        default: CALLED_OFF_AT,
    };
    Explore::new("told", told, |told| vec![called_off(told)]).show("structured_concurrency")?;
    worked::show(
        "structured_concurrency",
        &[
            ("detached", detached()),
            ("owned", owned()),
            ("first_error", first_error()),
            ("dropped", dropped()),
            ("shut_down", shut_down_on_two_threads()),
            ("counted", counted()),
        ],
    )
}

/// Runs a program on a runtime of its own, whose clock is paused and begins at zero.
fn paused<T>(program: impl AsyncFnOnce(Recorder) -> T) -> T {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("the system has room for a runtime");
    runtime.block_on(async { program(Recorder::on_tokios_clock()).await })
}

fn detached() -> Timeline {
    paused(async |recorder| {
        drill_without_owners(hotel(&recorder)).await;
        recorder.moment("the drill returns");
        // What it left behind goes on.
        wait(100).await;
        let mut detached = recorder.timeline("", "");
        let test = lane(&mut detached, "test 1b");
        test.spans[0].broken_rule = Some("its alarm goes to the fire brigade".to_owned());
        detached.proves = format!(
            "Children without an owner: the drill returns at {} ms, and its tests run on.",
            moment(&detached),
        );
        detached
    })
}

fn owned() -> Timeline {
    paused(async |recorder| {
        let passed = drill(hotel(&recorder)).await;
        assert!(passed == 4);
        recorder.moment("the drill returns");
        let mut owned = recorder.timeline("", "");
        owned.proves = format!(
            "Every child has an owner: the drill returns at {} ms, and nothing is left.",
            moment(&owned),
        );
        owned
    })
}

fn first_error() -> Timeline {
    paused(async |recorder| {
        let hotel = hotel(&recorder).into_iter();
        let detectors: Vec<_> = hotel.flat_map(|floor| floor.detectors).collect();
        let checked = check_all(detectors).await;
        assert!(checked == Err(Broken("test 2b")), "it returned {checked:?}");
        recorder.moment("the error is returned");
        wait(100).await;
        let mut stopped = recorder.timeline("", "");
        stopped.proves = format!(
            "One of four is broken: the error is returned at {} ms, when the others are gone.",
            moment(&stopped),
        );
        let last = stopped.lanes.iter().flat_map(|lane| &lane.spans);
        let last = last.filter_map(|span| span.end).max();
        assert!(last <= Some(moment(&stopped)), "one of them ran on");
        stopped
    })
}

fn dropped() -> Timeline {
    paused(async |recorder| {
        let limit = Duration::from_millis(CALLED_OFF_AT);
        let in_time = time::timeout(limit, drill(hotel(&recorder))).await;
        assert!(in_time.is_err());
        recorder.moment("the drill is dropped");
        wait(100).await;
        recorder.timeline(
            "",
            "Dropped at 30 ms: the sets abort their tasks, level by level, where they stand.",
        )
    })
}

fn called_off(told: u64) -> Timeline {
    paused(async |recorder| {
        let drill = Drill::default();
        for floor in hotel(&recorder) {
            drill.begin(floor);
        }
        wait(told).await;
        recorder.moment("stop");
        drill.call_off().await.expect("every reset ends");
        recorder.moment("call_off returns");
        let mut called_off = recorder.timeline("", "");
        let spans = called_off.lanes.iter().flat_map(|lane| &lane.spans);
        let resets = spans.filter(|span| span.label == "reset").count();
        called_off.proves = format!(
            "Told at {told} ms, gone at {} ms; resets on the way out: {resets}.",
            called_off.moments[1].at,
        );
        called_off
    })
}

fn counted() -> Timeline {
    paused(async |recorder| {
        let limit = Duration::from_millis(CALLED_OFF_AT);
        let in_time = time::timeout(limit, drill_that_counts(hotel(&recorder))).await;
        assert!(in_time.is_err());
        recorder.moment("the drill is dropped");
        wait(100).await;
        recorder.timeline(
            "",
            "The tracker is dropped at 30 ms, and every test runs on.",
        )
    })
}

fn moment(timeline: &Timeline) -> u64 {
    timeline.moments[0].at
}

fn lane<'a>(timeline: &'a mut Timeline, name: &str) -> &'a mut Lane {
    let lane = timeline.lanes.iter_mut().find(|lane| lane.name == name);
    lane.expect("every detector is tested")
}
