//! The worked example of the chapter on async tasks: a reader at the desk of the town library wants
//! a book, and the desk asks the catalogues of five branches.
//!
//! ```text
//! cargo run -p worked --example async_tasks
//! ```
//!
//! Futures, tasks and mutexes are real. The clock is tokio's, paused: when every task waits, it
//! jumps to the next one's time.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use instruments::recorder::Recorder;
use instruments::timeline::Timeline;
use tokio::join;
use tokio::task::JoinHandle;
use tokio::time;

// Warm-up: change this number, say what the first two pictures will look like, and run the example.
// ANCHOR: warm_up
const HARBOUR_ANSWERS_AFTER: u64 = 50;
// ANCHOR_END: warm_up

/// A branch of the library, with a catalogue of its own.
#[derive(Clone)]
struct Branch {
    name: &'static str,
    /// How long its catalogue takes to answer.
    milliseconds: u64,
    copies: u32,
    recorder: Recorder,
}

fn branches(recorder: &Recorder) -> [Branch; 5] {
    let branch = |name, milliseconds, copies| Branch {
        name,
        milliseconds,
        copies,
        recorder: recorder.clone(),
    };
    [
        branch("old town", 30, 0),
        branch("harbour", HARBOUR_ANSWERS_AFTER, 2),
        branch("station", 20, 0),
        branch("north", 40, 1),
        branch("hill", 30, 0),
    ]
}

/// How many copies of the book stand in a branch.
async fn ask(branch: &Branch) -> u32 {
    let answer = async {
        time::sleep(Duration::from_millis(branch.milliseconds)).await;
        branch.copies
    };
    branch.recorder.task(branch.name, "ask", answer).await
}

// ANCHOR: one_by_one
async fn copies_one_by_one(branches: &[Branch]) -> u32 {
    let mut copies = 0;
    for branch in branches {
        copies += ask(branch).await;
    }
    copies
}
// ANCHOR_END: one_by_one

// ANCHOR: by_hand
fn poll_by_hand(branch: &Branch) {
    let mut asking = pin!(ask(branch)); // nothing has been asked yet
    let mut context = Context::from_waker(Waker::noop());
    let first = asking.as_mut().poll(&mut context);
    assert_eq!(first, Poll::Pending); // asked; the answer is not there
}
// ANCHOR_END: by_hand

// ANCHOR: joined
async fn copies_joined(branches: &[Branch; 5]) -> u32 {
    let [old_town, harbour, station, north, hill] = branches;
    let copies: [u32; 5] = join!(
        ask(old_town),
        ask(harbour),
        ask(station),
        ask(north),
        ask(hill),
    )
    .into();
    copies.iter().sum()
}
// ANCHOR_END: joined

// ANCHOR: spawned
async fn copies_by_tasks(branches: Vec<Branch>) -> u32 {
    let tasks: Vec<JoinHandle<u32>> = branches
        .into_iter()
        .map(|branch| tokio::spawn(async move { ask(&branch).await }))
        .collect();
    let mut copies = 0;
    for task in tasks {
        copies += task.await.expect("a catalogue does not panic");
    }
    copies
}
// ANCHOR_END: spawned

// ANCHOR: forgotten
fn copies_forgotten(branches: Vec<Branch>) -> u32 {
    let copies = Arc::new(Mutex::new(0));
    for branch in branches {
        let copies = Arc::clone(&copies);
        tokio::spawn(async move {
            let here = ask(&branch).await;
            *copies.lock().unwrap() += here;
        });
    }
    *copies.lock().unwrap()
}
// ANCHOR_END: forgotten

// ANCHOR: stopped
async fn at_closing_time(branch: Branch) {
    let in_time = time::timeout(Duration::from_millis(10), ask(&branch)).await;
    assert!(in_time.is_err()); // the future was dropped: nobody asks any more

    let asking = tokio::spawn(async move { ask(&branch).await });
    asking.abort(); // tells the task to end
    let ended = asking.await; // waits until it has
    assert!(ended.is_err_and(|error| error.is_cancelled()));
}
// ANCHOR_END: stopped

// ANCHOR: called_first
async fn copies_called_first(branches: &[Branch; 5]) -> u32 {
    let [old_town, harbour, station, north, hill] = branches;
    let (old_town, harbour) = (ask(old_town), ask(harbour));
    let (station, north, hill) = (ask(station), ask(north), ask(hill));
    old_town.await + harbour.await + station.await + north.await + hill.await
}
// ANCHOR_END: called_first

/// The harbour's catalogue is a file, and reading it is no `async fn`.
async fn read_the_catalogue(branch: &Branch) -> u32 {
    let answer = async {
        read_from_disk(branch.milliseconds);
        branch.copies
    };
    branch.recorder.task(branch.name, "read", answer).await
}

/// Keeps the thread busy. It is the paused clock that moves, so that the picture shows it: the first
/// poll of `advance` does so, and no other task comes in between.
fn read_from_disk(milliseconds: u64) {
    let reading = pin!(time::advance(Duration::from_millis(milliseconds)));
    let _ = reading.poll(&mut Context::from_waker(Waker::noop()));
}

// ANCHOR: blocked
async fn copies_blocked(branches: &[Branch; 5]) -> u32 {
    let [old_town, harbour, station, north, hill] = branches;
    let copies: [u32; 5] = join!(
        ask(old_town),
        read_the_catalogue(harbour),
        ask(station),
        ask(north),
        ask(hill),
    )
    .into();
    copies.iter().sum()
}
// ANCHOR_END: blocked

/// What the desk has found out so far.
#[derive(Default)]
// ANCHOR: desk
struct Desk {
    found: Mutex<Vec<&'static str>>,
    telephone: tokio::sync::Mutex<Telephone>,
}
// ANCHOR_END: desk

/// There is one, and a call takes time.
#[derive(Default)]
struct Telephone {
    calls: u32,
}

impl Telephone {
    async fn call(&mut self, branch: &Branch) -> u32 {
        self.calls += 1;
        ask(branch).await
    }
}

impl Desk {
    // ANCHOR: std_mutex
    async fn look_in(&self, branch: &Branch) {
        if ask(branch).await > 0 {
            // Locked and let go within the statement: no `.await` in between.
            self.found.lock().unwrap().push(branch.name);
        }
    }
    // ANCHOR_END: std_mutex

    // ANCHOR: tokio_mutex
    async fn call_up(&self, branch: &Branch) -> u32 {
        let mut telephone = self.telephone.lock().await;
        telephone.call(branch).await // in our hand until the call has ended
    }
    // ANCHOR_END: tokio_mutex
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> std::io::Result<()> {
    let recorder = Recorder::on_tokios_clock();
    let copies = copies_one_by_one(&branches(&recorder)).await;
    let one_by_one = answered(&recorder, copies, "One after another");

    let recorder = Recorder::on_tokios_clock();
    let copies = copies_joined(&branches(&recorder)).await;
    let joined = answered(&recorder, copies, "Five futures in one");

    let recorder = Recorder::on_tokios_clock();
    let copies = copies_by_tasks(branches(&recorder).to_vec()).await;
    answered(&recorder, copies, "A task for each");

    let recorder = Recorder::on_tokios_clock();
    let copies = copies_forgotten(branches(&recorder).to_vec());
    tokio::task::yield_now().await;
    recorder.moment(format!("the desk says: {copies} copies"));
    time::sleep(Duration::from_millis(200)).await;
    let mut forgotten = recorder.timeline("", "");
    let harbour = &mut forgotten.lanes[1].spans[0];
    harbour.broken_rule = Some("has two, and nobody waits for it".to_owned());
    forgotten.proves = format!(
        "Spawned and forgotten: the desk answers at {} ms with {copies} copies, and all five \
         branches are still being asked.",
        forgotten.moments[0].at,
    );

    let recorder = Recorder::on_tokios_clock();
    let copies = copies_called_first(&branches(&recorder)).await;
    let called_first = answered(&recorder, copies, "Called first, awaited later");

    let recorder = Recorder::on_tokios_clock();
    let copies = copies_blocked(&branches(&recorder)).await;
    let mut blocked = answered(&recorder, copies, "One of the five keeps the thread");
    let harbour = &mut blocked.lanes[1].spans[0];
    harbour.broken_rule = Some("keeps the thread: nobody else is polled".to_owned());

    nothing_is_asked_before_the_first_poll();
    one_mutex_for_a_moment_and_one_for_a_call().await;
    let [old_town, ..] = branches(&Recorder::new());
    at_closing_time(old_town).await;

    worked::show(
        "async_tasks",
        &[
            ("one_by_one", one_by_one),
            ("joined", joined),
            ("forgotten", forgotten),
            ("called_first", called_first),
            ("blocked", blocked),
        ],
    )
}

/// The picture of a run in which the desk had all the answers when it spoke.
fn answered(recorder: &Recorder, copies: u32, how: &str) -> Timeline {
    assert!(copies == 3);
    recorder.moment(format!("the desk says: {copies} copies"));
    let mut timeline = recorder.timeline("", "");
    let at = timeline.moments[0].at;
    timeline.proves = format!("{how}: the desk answers at {at} ms.");
    timeline
}

fn nothing_is_asked_before_the_first_poll() {
    let recorder = Recorder::new();
    let [old_town, ..] = branches(&recorder);
    drop(ask(&old_town));
    assert!(recorder.timeline("", "").lanes.is_empty());
    poll_by_hand(&old_town);
    assert!(recorder.timeline("", "").lanes.len() == 1);
}

async fn one_mutex_for_a_moment_and_one_for_a_call() {
    let desk = Desk::default();
    let [old_town, harbour, station, north, _] = branches(&Recorder::new());
    join!(
        desk.look_in(&old_town),
        desk.look_in(&harbour),
        desk.look_in(&north)
    );
    let found = desk
        .found
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    assert!(found == ["north", "harbour"]);

    let began = time::Instant::now();
    join!(desk.call_up(&old_town), desk.call_up(&station));
    assert!(began.elapsed() == Duration::from_millis(30 + 20));
    assert!(desk.telephone.lock().await.calls == 2);
}
