//! The hang guard: runs a test's body on a thread of its own and turns however it ends into one
//! record and one sentence.

use std::any::Any;
use std::iter;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::identity::Identity;
use crate::panics::{self, Panic, Watch};
use crate::report::{Failure, Outcome};
use crate::run::Run;
use crate::sampler::{EVERY, HarnessThread, Sampler, debugged};
use crate::show;

/// The real time that a test's body may take. So long that only a hang reaches it: every test is
/// done within a second on an idle machine. Where the sampler works, a deadlock is named at once.
pub const LIMIT: Duration = Duration::from_secs(5);

/// The name of the thread that runs the body, and so of its lane.
const BODY: &str = "test";

/// Runs a test's body under guard.
///
/// # Panics
/// If the body panics, deadlocks, or is still running after [`LIMIT`]; by then one sentence and
/// the recorded timeline have been printed, and the record is written.
#[track_caller]
pub fn test<F>(body: F)
where
    F: FnOnce(Run) + Send + 'static,
{
    let identity = Identity::of::<F>();
    let outcome = watch(&identity, body);
    show::conclude(&identity, outcome);
}

/// How the watched body came to its end.
enum End {
    Returned,
    Panicked(Box<dyn Any + Send>),
    Deadlocked,
    OutOfTime,
}

fn watch<F>(identity: &Identity, body: F) -> Outcome
where
    F: FnOnce(Run) + Send + 'static,
{
    panics::install();
    let watch = Watch::begin();
    let _harness = HarnessThread::here();
    let run = Run::default();
    let (done, is_done) = channel::<()>();
    let thread = thread::Builder::new()
        .name(BODY.to_owned())
        .spawn({
            let run = run.clone();
            move || {
                panics::this_thread_runs_a_body();
                let _done = done;
                body(run);
            }
        })
        .expect("the system has room for one more thread");
    let body = thread.thread().id();

    let started = Instant::now();
    let mut sampler = Sampler::default();
    let end = loop {
        match is_done.recv_timeout(EVERY) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                break match thread.join() {
                    Ok(()) => End::Returned,
                    Err(payload) => End::Panicked(payload),
                };
            }
            Err(RecvTimeoutError::Timeout) if debugged() => {}
            Err(RecvTimeoutError::Timeout) if sampler.all_wait() => break End::Deadlocked,
            Err(RecvTimeoutError::Timeout) if started.elapsed() > LIMIT => break End::OutOfTime,
            Err(RecvTimeoutError::Timeout) => {}
        }
    };
    let (own, others) = watch.panics(body);
    judge(end, identity, &run, own, &others)
}

fn judge(
    end: End,
    identity: &Identity,
    run: &Run,
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
            place: Some(panic.place.clone()),
            details: Vec::new(),
            timeline: None,
        });
    }
    // A failed assertion may leave threads hanging that the unwinding body then waits for: what
    // failed first is what counts.
    if let Some(panic) = own {
        return Outcome::Failed(failure(panic.message, Some(panic.place)));
    }
    let hang = |otherwise: &str, why: String| {
        let sentence = run.what_hangs().unwrap_or_else(|| otherwise.to_owned());
        let mut failure = failure(sentence, Some(identity.place.clone()));
        failure
            .details
            .splice(0..0, iter::once(why).chain(run.last_events()));
        failure
    };
    match end {
        End::Returned => Outcome::Passed,
        End::Panicked(payload) => Outcome::Failed(failure(message(&*payload), None)),
        End::Deadlocked => Outcome::Deadlocked(hang(
            "the test hangs",
            "deadlock: every thread waits for another".to_owned(),
        )),
        End::OutOfTime => Outcome::TimedOut(hang(
            "the test does not end",
            format!("still running after {} s", LIMIT.as_secs()),
        )),
    }
}

fn describe(panic: &Panic) -> String {
    let thread = panic.name.as_deref().unwrap_or("a thread");
    format!("{thread} panicked at {}: {}", panic.place, panic.message)
}

fn message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
