//! The hang guard: runs a test's body on a thread of its own and turns however it ends into one
//! record and one sentence.

use std::any::Any;
use std::env;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::identity::Identity;
use crate::lifeline;
use crate::panics::{self, Panic, Watch};
use crate::report::{Failure, Outcome};
use crate::run::Run;
use crate::sampler::{Census, EVERY, Family, HarnessThread, Sampler, debugged};
use crate::show;

pub use record::LIMIT;

/// The real time that a test's body may take. So long that only a hang reaches it: every test is
/// done within a second on an idle machine. Where the sampler works, a deadlock is named at once.
pub const DEFAULT_LIMIT: Duration = Duration::from_secs(5);

/// The name of the thread that runs the body, and so of its lane.
const BODY: &str = "test";

/// Runs a test's body under guard.
///
/// # Panics
/// If the body panics, deadlocks, or is still running at the limit ([`DEFAULT_LIMIT`]); by then one sentence and
/// the recorded timeline have been printed, and the record is written.
#[track_caller]
pub fn test<F>(body: F)
where
    F: FnOnce(Run) + Send + 'static,
{
    let identity = Identity::of::<F>();
    let outcome = watch(
        &identity,
        Box::new(|run| {
            body(run);
            Ok(())
        }),
    );
    show::conclude(&identity, outcome);
}

/// A body came to a stop that its own clock told of. Says why, as a line for a report.
pub(crate) struct Stuck(pub String);

/// How the watched body came to its end.
enum End {
    Returned,
    Panicked(Box<dyn Any + Send>),
    Stuck(Stuck),
    Deadlocked,
    OutOfTime,
}

/// A body to watch. Boxed, so that the guard and its thread are compiled once, not once more for
/// each test: that was a third of what the compiler made of a lesson's tests.
pub(crate) type Watched = Box<dyn FnOnce(Run) -> Result<(), Stuck> + Send>;

/// Runs a body under guard and judges how it ends.
pub(crate) fn watch(identity: &Identity, body: Watched) -> Outcome {
    panics::install();
    lifeline::watch();
    let watch = Watch::begin();
    let _harness = HarnessThread::here();
    let run = Run::default();
    let family = Arc::new(OnceLock::new());
    let (done, is_done) = channel::<()>();
    let thread = thread::Builder::new()
        .name(BODY.to_owned())
        .spawn({
            let (run, family) = (run.clone(), Arc::clone(&family));
            move || {
                panics::this_thread_runs_a_body();
                family.get_or_init(Family::begin);
                let _done = done;
                body(run)
            }
        })
        .expect("the system has room for one more thread");
    let body = thread.thread().id();

    let limit = limit();
    let started = Instant::now();
    let mut sampler = Sampler::default();
    let end = loop {
        match is_done.recv_timeout(EVERY) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                break match thread.join() {
                    Ok(Ok(())) => End::Returned,
                    Ok(Err(stuck)) => End::Stuck(stuck),
                    Err(payload) => End::Panicked(payload),
                };
            }
            Err(RecvTimeoutError::Timeout) if debugged() => {}
            Err(RecvTimeoutError::Timeout) if sampler.all_wait() => break End::Deadlocked,
            Err(RecvTimeoutError::Timeout) => {
                let since = run.got_on().unwrap_or(started);
                if since.elapsed() > limit {
                    OUT_OF_TIME.store(true, Ordering::Relaxed);
                    break End::OutOfTime;
                }
            }
        }
    };
    let (own, others) = watch.panics(body);
    let census = family.get().and_then(Family::census);
    judge(end, identity, &run, census, limit, own, &others)
}

/// What is said of a hang of which nothing was recorded.
const ALL_WAIT: &str = "nothing moves any more: every thread waits";
const STILL_BUSY: &str = "the test never came to its end";

fn judge(
    end: End,
    identity: &Identity,
    run: &Run,
    census: Option<Census>,
    limit: Duration,
    own: Option<Panic>,
    others: &[Panic],
) -> Outcome {
    let failure = |sentence: String, place: Option<String>| Failure {
        timeline: run.proof(&sentence),
        sentence,
        place,
        details: others.iter().map(describe).collect(),
    };
    if matches!(end, End::Returned) {
        show::keep_run(identity, run);
        return Outcome::Passed;
    }
    // A `todo!()` explains whatever else went wrong.
    if let Some((panic, what)) = own
        .iter()
        .chain(others)
        .find_map(|panic| Some((panic, panic.not_written()?)))
    {
        return Outcome::NotWritten(Failure {
            sentence: format!("not written yet: {what}"),
            place: panic.place(),
            details: Vec::new(),
            timeline: None,
        });
    }
    // A failed assertion may leave threads hanging that the unwinding body then waits for: what
    // failed first is what counts.
    if let Some(panic) = own {
        let place = panic.place().or_else(|| Some(identity.place.clone()));
        return Outcome::Failed(failure(panic.message, place));
    }
    let hang = |otherwise: &str, why: String, threads: Option<usize>| {
        let sentence = run.what_hangs().unwrap_or_else(|| otherwise.to_owned());
        let mut failure = failure(sentence, Some(identity.place.clone()));
        let mut details = vec![why];
        details.extend(run.last_events());
        details.extend(run.threads_elsewhere(threads));
        failure.details.splice(0..0, details);
        failure
    };
    match end {
        End::Returned => Outcome::Passed,
        End::Panicked(payload) => Outcome::Failed(failure(message(&*payload), None)),
        End::Stuck(Stuck(why)) => Outcome::Deadlocked(hang(ALL_WAIT, why, None)),
        End::Deadlocked => {
            let threads = census.map(|census| census.threads);
            // Nothing of the learner's waits then, but the test for what the learner's code never does.
            let at_own_gate = run.is_at_a_gate() && run.threads_elsewhere(threads).is_none();
            let why = match threads {
                Some(1) if at_own_gate => {
                    "the test waits for others to come, and its one thread is the only one"
                        .to_owned()
                }
                Some(threads) if at_own_gate => format!(
                    "the test waits for others to come, and all {threads} threads of it are there"
                ),
                Some(1) => {
                    "deadlock: the one thread of this test sleeps, and nobody is left to wake it"
                        .to_owned()
                }
                Some(threads) => format!(
                    "deadlock: all {threads} threads of this test sleep, and nobody is left to \
                     wake one"
                ),
                None => "deadlock: every thread sleeps, and nobody is left to wake one".to_owned(),
            };
            Outcome::Deadlocked(hang(ALL_WAIT, why, threads))
        }
        End::OutOfTime => {
            let mut why = format!("still running after {} s", limit.as_secs_f32());
            let busy = census.map_or(0, |census| census.busy);
            if run.is_on_a_paused_clock() {
                why.push_str(
                    ": a task goes on and on and never waits, or a call in `spawn_blocking` does not \
                     return, so the clock stands still",
                );
            } else if busy > 0 {
                let keeps = if busy == 1 {
                    "keeps a core"
                } else {
                    "keep cores"
                };
                let _ = write!(why, ": {busy} of its threads {keeps} busy, without an end");
            }
            // Of one that is busy nobody knows whether it is in a job.
            let waiting = census.filter(|census| census.busy == 0);
            let threads = waiting.map(|census| census.threads);
            Outcome::TimedOut(hang(STILL_BUSY, why, threads))
        }
    }
}

/// Whether a test of this process has met its limit. A thread that is stuck cannot be ended, and may
/// keep a core from the others until the process ends.
static OUT_OF_TIME: AtomicBool = AtomicBool::new(false);

/// How much less the tests get that follow one that ran out of time. The exercise hangs, whatever
/// they come to, and nobody shall wait five seconds for each to say so again.
const HURRY: u32 = 5;

fn limit() -> Duration {
    let limit = env::var(LIMIT)
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .and_then(|seconds| Duration::try_from_secs_f32(seconds).ok())
        .unwrap_or(DEFAULT_LIMIT);
    if OUT_OF_TIME.load(Ordering::Relaxed) {
        limit / HURRY
    } else {
        limit
    }
}

fn describe(panic: &Panic) -> String {
    let thread = panic.name.as_deref().unwrap_or("a thread");
    match panic.place() {
        None => format!("{thread} panicked: {}", panic.message),
        Some(place) => format!("{thread} panicked at {place}: {}", panic.message),
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
