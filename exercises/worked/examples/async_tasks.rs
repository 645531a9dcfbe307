//! The worked example of the chapter on async tasks: a reader at the desk of the town library wants
//! a book, and the desk asks the catalogues of five branches.
//!
//! ```text
//! cargo run -p worked --example async_tasks
//! ```
//!
//! Futures, tasks and mutexes are real. The clock is tokio's, paused: when every task waits, it
//! jumps to the next one's time.

use std::future::ready;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::future::join_all;
use futures::stream::{FuturesUnordered, StreamExt as _};
use instruments::recorder::Recorder;
use instruments::timeline::Timeline;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::{join, select, time};
use worked::{Explore, Knob};

/// After how many milliseconds the second branch answers, unless the reader moves it.
const SECOND_ANSWERS_AFTER: u64 = 50;

/// A branch of the library, with a catalogue that takes a while to answer.
#[derive(Clone)]
struct Branch {
    name: &'static str,
    milliseconds: u64,
    copies: u32,
    recorder: Recorder,
}

fn branches(recorder: &Recorder, second_answers_after: u64) -> [Branch; 5] {
    let branch = |name, milliseconds, copies| Branch {
        name,
        milliseconds,
        copies,
        recorder: recorder.clone(),
    };
    [
        branch("branch 1", 30, 0),
        branch("branch 2", second_answers_after, 2),
        branch("branch 3", 20, 0),
        branch("branch 4", 40, 1),
        branch("branch 5", 30, 0),
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

fn poll_by_hand(branch: &Branch) {
    let mut asking = pin!(ask(branch)); // nothing has been asked yet
    let mut context = Context::from_waker(Waker::noop());
    let first = asking.as_mut().poll(&mut context);
    assert_eq!(first, Poll::Pending); // asked; the answer is not there
}

// ANCHOR: joined
async fn copies_joined(branches: &[Branch]) -> u32 {
    join_all(branches.iter().map(ask)).await.into_iter().sum()
}
// ANCHOR_END: joined

// ANCHOR: both
async fn copies_of_two(one: &Branch, other: &Branch) -> u32 {
    let (here, there) = join!(ask(one), ask(other));
    here + there
}
// ANCHOR_END: both

// ANCHOR: as_they_come
async fn first_with_a_copy(branches: &[Branch]) -> Option<&'static str> {
    let mut asking: FuturesUnordered<_> = branches
        .iter()
        .map(|branch| async move { (branch.name, ask(branch).await) })
        .collect();
    while let Some((name, copies)) = asking.next().await {
        if copies > 0 {
            return Some(name); // drops `asking`, and with it the futures that are left
        }
    }
    None
}
// ANCHOR_END: as_they_come

// ANCHOR: selected
async fn before_closing(branch: &Branch, closing: impl Future<Output = ()>) -> Option<u32> {
    select! {
        copies = ask(branch) => Some(copies),
        () = closing => None,
    }
}
// ANCHOR_END: selected

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
    let asking = tokio::spawn(async move { ask(&branch).await });
    asking.abort(); // tells the task to end
    match asking.await {
        Ok(copies) => println!("it was done before: {copies} copies"),
        Err(error) if error.is_cancelled() => println!("it was stopped"),
        Err(error) => println!("it panicked: {error}"),
    }
}
// ANCHOR_END: stopped

// ANCHOR: called_first
async fn copies_called_first(branches: &[Branch]) -> u32 {
    let asking: Vec<_> = branches.iter().map(ask).collect();
    let mut copies = 0;
    for answer in asking {
        copies += answer.await;
    }
    copies
}
// ANCHOR_END: called_first

/// This branch's catalogue is a file, and reading it is no `async fn`.
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
    let [one, two, three, four, five] = branches;
    let copies: [u32; 5] = join!(
        biased; // polls them in this order
        ask(one),
        read_the_catalogue(two),
        ask(three),
        ask(four),
        ask(five),
    )
    .into();
    copies.iter().sum()
}
// ANCHOR_END: blocked

/// A connection on which questions go out and answers come back, in the same order.
struct Line {
    questions: mpsc::Sender<&'static str>,
    answers: mpsc::Receiver<u32>,
}

impl Line {
    // ANCHOR: line
    async fn ask(&mut self, title: &'static str) -> Option<u32> {
        self.questions.send(title).await.ok()?;
        self.answers.recv().await
    }
    // ANCHOR_END: line
}

/// The other end: it takes 20 ms to look a title up, and answers with the title's length.
fn line() -> Line {
    let (questions, mut asked) = mpsc::channel::<&str>(8);
    let (answer, answers) = mpsc::channel(8);
    tokio::spawn(async move {
        while let Some(title) = asked.recv().await {
            time::sleep(Duration::from_millis(20)).await;
            let copies = u32::try_from(title.len()).expect("a short title");
            if answer.send(copies).await.is_err() {
                return;
            }
        }
    });
    Line { questions, answers }
}

// ANCHOR: desk
struct Desk {
    found: std::sync::Mutex<Vec<&'static str>>,
    line: tokio::sync::Mutex<Line>,
}
// ANCHOR_END: desk

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
    async fn call(&self, title: &'static str) -> Option<u32> {
        let mut line = self.line.lock().await;
        line.ask(title).await // locked until the answer is there, or this future is dropped
    }
    // ANCHOR_END: tokio_mutex
}

// ANCHOR: dropped_half_way
async fn two_readers(desk: &Desk) -> Option<u32> {
    let short = Duration::from_millis(10);
    let _too_late = time::timeout(short, desk.call("Emma")).await;
    desk.call("Dracula").await
}
// ANCHOR_END: dropped_half_way

/// Runs a program on a runtime of its own, whose clock is paused and begins at zero.
fn paused<T>(program: impl AsyncFnOnce(Recorder) -> T) -> T {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("the system has room for a runtime");
    runtime.block_on(async { program(Recorder::on_tokios_clock()).await })
}

fn one_by_one(second: u64) -> Timeline {
    paused(async |recorder| {
        let copies = copies_one_by_one(&branches(&recorder, second)).await;
        answered(&recorder, copies, "One after another")
    })
}

fn joined(second: u64) -> Timeline {
    paused(async |recorder| {
        let copies = copies_joined(&branches(&recorder, second)).await;
        answered(&recorder, copies, "Five futures in one")
    })
}

/// The picture of `joined`, caption included.
fn by_tasks(second: u64) -> Timeline {
    paused(async |recorder| {
        let copies = copies_by_tasks(branches(&recorder, second).to_vec()).await;
        answered(&recorder, copies, "Five futures in one")
    })
}

fn called_first() -> Timeline {
    paused(async |recorder| {
        let copies = copies_called_first(&branches(&recorder, SECOND_ANSWERS_AFTER)).await;
        answered(&recorder, copies, "Called first, awaited later")
    })
}

fn forgotten() -> Timeline {
    paused(async |recorder| {
        let copies = copies_forgotten(branches(&recorder, SECOND_ANSWERS_AFTER).to_vec());
        tokio::task::yield_now().await;
        recorder.moment(format!("the desk says: {copies} copies"));
        time::sleep(Duration::from_millis(200)).await;
        let mut forgotten = recorder.timeline("", "");
        let second = &mut forgotten.lanes[1].spans[0];
        second.broken_rule = Some("has two, and the desk does not wait for it".to_owned());
        forgotten.proves = format!(
            "Spawned and forgotten: the desk answers at {} ms with {copies} copies, and all five \
             branches are still being asked.",
            forgotten.moments[0].at,
        );
        forgotten
    })
}

fn blocked() -> Timeline {
    paused(async |recorder| {
        let copies = copies_blocked(&branches(&recorder, SECOND_ANSWERS_AFTER)).await;
        let mut blocked = answered(&recorder, copies, "One of the five keeps the thread");
        let second = &mut blocked.lanes[1].spans[0];
        second.broken_rule = Some("keeps the thread: no other future is polled".to_owned());
        blocked
    })
}

fn main() -> std::io::Result<()> {
    let second = SECOND_ANSWERS_AFTER;
    assert!(
        by_tasks(second) == joined(second),
        "tasks have another picture"
    );
    paused(async |recorder| {
        let [one, two, ..] = &branches(&recorder, second);
        assert!(copies_of_two(one, two).await == 2);
        let first = first_with_a_copy(&branches(&recorder, second)).await;
        assert!(first == Some("branch 4"), "{first:?} was first");
        assert!(
            before_closing(one, ready(()))
                .await
                .is_none_or(|copies| copies == 0)
        );
        at_closing_time(one.clone()).await;
    });
    nothing_is_asked_before_the_first_poll();
    one_mutex_for_a_moment_and_one_for_a_call();

    let answers = Knob {
        one: "ms until branch 2 answers",
        several: "ms until branch 2 answers",
        values: &[10, 25, SECOND_ANSWERS_AFTER, 75, 100],
        default: SECOND_ANSWERS_AFTER,
    };
    Explore::new("answers", answers, |second| {
        vec![one_by_one(second), joined(second)]
    })
    .show("async_tasks")?;
    worked::show(
        "async_tasks",
        &[
            ("one_by_one", one_by_one(second)),
            ("joined", joined(second)),
            ("forgotten", forgotten()),
            ("called_first", called_first()),
            ("blocked", blocked()),
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
    paused(async |recorder| {
        let [one, ..] = branches(&recorder, SECOND_ANSWERS_AFTER);
        drop(ask(&one));
        assert!(recorder.timeline("", "").lanes.is_empty());
        poll_by_hand(&one);
        assert!(recorder.timeline("", "").lanes.len() == 1);
    });
}

fn one_mutex_for_a_moment_and_one_for_a_call() {
    paused(async |recorder| {
        let desk = Desk {
            found: Mutex::default(),
            line: tokio::sync::Mutex::new(line()),
        };
        let [one, two, _, four, _] = branches(&recorder, SECOND_ANSWERS_AFTER);
        join!(desk.look_in(&one), desk.look_in(&two), desk.look_in(&four));
        let found = desk
            .found
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        assert!(found == ["branch 4", "branch 2"]);

        let began = time::Instant::now();
        let answers = join!(desk.call("Emma"), desk.call("Dracula"));
        assert!(answers == (Some(4), Some(7)), "they heard {answers:?}");
        assert!(began.elapsed() == Duration::from_millis(20 + 20));
        let second = two_readers(&desk).await;
        assert!(second == Some(4), "the second reader heard {second:?}");
    });
}
