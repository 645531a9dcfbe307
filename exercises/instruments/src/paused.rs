//! Tests of async code on tokio's paused clock: time passes at once, and to the millisecond.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::timeout;

use crate::guard::{Stuck, watch};
use crate::identity::Identity;
use crate::recorder::Body;
use crate::run::Run;
use crate::show;

/// The time that may pass on a test's paused clock. No test needs as much, so what still waits then
/// waits for ever.
pub const VIRTUAL_LIMIT: Duration = Duration::from_hours(1);

/// Runs a test's async body under guard, on tokio's paused clock.
///
/// The runtime has one thread. While any task can go on, no time passes; when all of them wait, the
/// clock jumps to the next timer. So a test of an hour takes no time, two runs of it are the same,
/// and times can be compared exactly. The timeline counts virtual milliseconds.
///
/// ```
/// use std::time::Duration;
///
/// instruments::paused(|run| async move {
///     let tea = run.task("kettle", "boil", tokio::time::sleep(Duration::from_mins(3)));
///     run.call_async("the tea", tea).await;
///     assert!(run.now() == 180_000, "the tea came after {} ms", run.now());
/// });
/// ```
///
/// A deadlock among tasks is found at once: nothing is left that could happen within
/// [`VIRTUAL_LIMIT`]. A task that never yields meets the limit of real time, as in
/// [`test`](fn@crate::test).
///
/// Only what waits for tokio can be tested so. A wait for another thread, or for a clock of its
/// own, looks like nothing to wait for, and virtual time runs past it; `spawn_blocking` alone holds
/// the clock. Tokio rounds timers up to a whole millisecond.
///
/// # Panics
/// If the body panics, hangs, or is still busy at the limit of real time; by then one sentence and
/// the recorded timeline have been printed, and the record is written.
#[track_caller]
pub fn paused<F, B>(body: F)
where
    F: FnOnce(Run) -> B + Send + 'static,
    B: Future<Output = ()> + 'static,
{
    paused_within(VIRTUAL_LIMIT, body);
}

/// Like [`paused`], for a test that needs another time than [`VIRTUAL_LIMIT`]: in which something is
/// idle for months, say.
///
/// # Panics
/// Like [`paused`].
#[track_caller]
pub fn paused_within<F, B>(limit: Duration, body: F)
where
    F: FnOnce(Run) -> B + Send + 'static,
    B: Future<Output = ()> + 'static,
{
    let identity = Identity::of::<F>();
    let outcome = watch(
        &identity,
        Box::new(move |run| on_a_paused_clock(&run, limit, Box::new(|run| Box::pin(body(run))))),
    );
    show::conclude(&identity, outcome);
}

/// Boxed, so that the runtime's loop is compiled once, not once more for each test.
type AsyncBody = Box<dyn FnOnce(Run) -> Pin<Box<dyn Future<Output = ()>>>>;

fn on_a_paused_clock(run: &Run, limit: Duration, body: AsyncBody) -> Result<(), Stuck> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O asks the system for nothing");
    // Dropped before the runtime: the tasks that go down with it were still at work.
    let _stop = StopAtTheEnd(run.clone());
    runtime.block_on(async {
        run.follow_tokios_clock();
        let mut body = Body::new(body(run.clone()));
        let ended = timeout(limit, &mut body).await;
        ended.map_err(|_| {
            // The body is still there, with all that it waits for.
            run.hangs();
            Stuck(format!(
                "deadlock: {} s passed on the paused clock, and still nothing happens",
                limit.as_secs()
            ))
        })
    })
}

struct StopAtTheEnd(Run);

impl Drop for StopAtTheEnd {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Lets all other tasks go on until each of them waits, without moving the paused clock.
///
/// It yields a great many times: a chain of wake-ups that is longer still would go on afterwards.
pub async fn settle() {
    for _ in 0..YIELDS {
        tokio::task::yield_now().await;
    }
}

/// Longer than any chain of wake-ups in a lesson.
const YIELDS: usize = 200;
