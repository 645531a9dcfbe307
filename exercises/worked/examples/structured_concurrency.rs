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
use std::time::Duration;

use instruments::canary::Cage;
use instruments::gate::{Count, Gate};
use instruments::recorder::Recorder;
use instruments::timeline::{Lane, Timeline};
use tokio::task::JoinSet;
use tokio::time;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

// Warm-up: change this number, say what the pictures will look like, and run the example.
// ANCHOR: warm_up
const THE_KITCHEN_TAKES: u64 = 45;
// ANCHOR_END: warm_up

/// When somebody smells smoke, and the drill is called off.
const CALLED_OFF_AT: Duration = Duration::from_millis(30);

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

    /// Takes the detector out of its test, so that it heeds real smoke again.
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
        floor(
            "ground floor",
            10,
            &[("lobby", 30), ("kitchen", THE_KITCHEN_TAKES)],
        ),
        floor("first floor", 15, &[("room 11", 40), ("room 12", 10)]),
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
    async fn call_off(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
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
    let (kitchen, alive) = (recorder.task("kitchen", "test", testing), tests.canary());
    let floor = recorder.task("ground floor", "owns the test", async move {
        let mut tests = JoinSet::new();
        tests.spawn(async move {
            let _alive = alive;
            kitchen.await;
        });
        tests.join_all().await;
    });
    let mut floors = JoinSet::new();
    floors.spawn(floor);
    begun.reached(1).await;
    recorder.moment("shutdown");
    floors.shutdown().await;
    recorder.moment("shutdown returns");
    may_close.open();
    tests.emptied().await;
    let mut timeline = recorder.timeline(
        "",
        "On two threads: shutdown returns when the floor is gone, and the floor's test is still alive.",
    );
    let kitchen = lane(&mut timeline, "kitchen");
    kitchen.spans[0].broken_rule = Some("told, and not gone".to_owned());
    timeline
}

fn main() -> io::Result<()> {
    let [detached, owned, dropped, called_off, counted] = drills();
    worked::show(
        "structured_concurrency",
        &[
            ("detached", detached),
            ("owned", owned),
            ("dropped", dropped),
            ("shut_down", shut_down_on_two_threads()),
            ("called_off", called_off),
            ("counted", counted),
        ],
    )
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn drills() -> [Timeline; 5] {
    let recorder = Recorder::on_tokios_clock();
    drill_without_owners(hotel(&recorder)).await;
    recorder.moment("the drill returns");
    // What it left behind goes on.
    wait(100).await;
    let mut detached = recorder.timeline("", "");
    let kitchen = lane(&mut detached, "kitchen");
    kitchen.spans[0].broken_rule = Some("its alarm goes to the fire brigade".to_owned());
    detached.proves = format!(
        "Children without an owner: the drill returns at {} ms, and its tests run on.",
        moment(&detached),
    );

    let recorder = Recorder::on_tokios_clock();
    let passed = drill(hotel(&recorder)).await;
    assert!(passed == 4);
    recorder.moment("the drill returns");
    let mut owned = recorder.timeline("", "");
    owned.proves = format!(
        "Every child has an owner: the drill returns at {} ms, and nothing is left.",
        moment(&owned),
    );

    let recorder = Recorder::on_tokios_clock();
    let in_time = time::timeout(CALLED_OFF_AT, drill(hotel(&recorder))).await;
    assert!(in_time.is_err());
    recorder.moment("the drill is dropped");
    wait(100).await;
    let dropped = recorder.timeline(
        "",
        "Dropped at 30 ms: the sets abort their tasks, level by level, where they stand.",
    );

    let recorder = Recorder::on_tokios_clock();
    let drill = Drill::default();
    for floor in hotel(&recorder) {
        drill.begin(floor);
    }
    time::sleep(CALLED_OFF_AT).await;
    recorder.moment("stop");
    drill.call_off().await;
    recorder.moment("call_off returns");
    let called_off = recorder.timeline(
        "",
        "Told at 30 ms, gone at 35: each test that was under way resets its detector first.",
    );

    let recorder = Recorder::on_tokios_clock();
    let in_time = time::timeout(CALLED_OFF_AT, drill_that_counts(hotel(&recorder))).await;
    assert!(in_time.is_err());
    recorder.moment("the drill is dropped");
    wait(100).await;
    let counted = recorder.timeline(
        "",
        "The tracker is dropped at 30 ms, and every test runs on.",
    );

    [detached, owned, dropped, called_off, counted]
}

fn moment(timeline: &Timeline) -> u64 {
    timeline.moments[0].at
}

fn lane<'a>(timeline: &'a mut Timeline, name: &str) -> &'a mut Lane {
    let lane = timeline.lanes.iter_mut().find(|lane| lane.name == name);
    lane.expect("every detector is tested")
}
