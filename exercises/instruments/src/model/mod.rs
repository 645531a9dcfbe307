//! Model checking: the code under test runs in every order that its threads could take, and every
//! load returns each value that the memory orderings allow.
//!
//! The code says `use sync::atomic::…` instead of `use std::sync::atomic::…`; [loom] does the rest.
//! Two things are ours. [`check`] runs the model in a child process, since a deadlock in loom ends
//! the process; [`explore`] collects what can come out, with a picture of how.
//!
//! [`check`] takes three passes, from the picture that is easiest to follow to the hardest. In the
//! first every load finds the newest value: what breaks there is an order of steps, and no ordering
//! mends it. In the second, weak exchanges fail for no reason, which on many processors they never do.
//! In the third loads may return old values.
//!
//! Bounds, so that a verdict comes in a second: no order takes a thread off its work more than twice
//! against its will. loom knows no loads that see a later store. Where loom by itself would reject
//! right programs, this module makes it see less: it takes a `SeqCst` operation for one behind a
//! `SeqCst` fence (loom: for `AcqRel`), and a store for an exchange (loom lets a store and an
//! exchange at the same time both have the last word), so that a relaxed store over a released
//! value still releases that. Around fences it is a little stronger than it should be. So the model
//! may let a wrong program pass; it is not known to reject a right one.
//!
//! [loom]: https://docs.rs/loom

mod child;
mod engine;
mod names;
mod patience;
mod picture;
mod tape;
mod unseen;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sync::model::enter;

use crate::identity::Identity;
use crate::show;
use crate::timeline::Timeline;

/// How often a thread may be taken off its work against its will.
const PREEMPTIONS: usize = 2;
/// How many steps one order may have.
const STEPS: usize = 2_000;
/// The stack of a modelled thread, in words.
const STACK: usize = 0x4000;

/// The model that a body runs in: starts its threads.
#[derive(Debug)]
pub struct Model(());

/// A thread of a model.
pub struct Running<T>(loom::thread::JoinHandle<T>);

impl Model {
    /// Starts a thread on a lane called `name`. A model has room for four.
    ///
    /// # Panics
    /// Never in a model.
    pub fn spawn<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Running<T> {
        // Boxed for the same reason as `Body`.
        let work: Box<dyn FnOnce() -> T + Send> = Box::new(work);
        let thread = loom::thread::Builder::new()
            .name(name.to_owned())
            .stack_size(STACK)
            .spawn(work);
        Running(thread.expect("a modelled thread needs nothing of the system"))
    }

    /// States that no call waits for another thread's call to end: from now on a loop that does so
    /// turns for ever, also if it says `sync::hint::spin_loop()`, and a lock must be free.
    pub fn nobody_waits(&self) {
        engine::forbid_waiting();
    }
}

impl<T> Running<T> {
    /// Waits for the thread and returns its result.
    ///
    /// # Panics
    /// Never: a panic ends the model before anybody could wait for it.
    pub fn join(self) -> T {
        let joined = self.0.join();
        joined.expect("a panic ends the model")
    }
}

/// Fails the test unless `body` holds in every order. To be called straight from the test, as its
/// last statement: the test is run again, in a process of its own.
///
/// # Panics
/// If `body` panics in some order, or does not end in it; by then one sentence and the order have
/// been printed, and the record is written.
#[track_caller]
pub fn check<F>(body: F)
where
    F: Fn(&Model) + Send + Sync + 'static,
{
    if let Some(report) = child::report_to() {
        child::run(&report, Arc::new(body));
        return;
    }
    let identity = Identity::of::<F>();
    let outcome = child::ask(std::any::type_name::<F>(), &identity);
    show::conclude(&identity, outcome);
}

/// What is tried in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Every order of the steps, in which each load finds the newest value.
    Steps,
    /// The same, and each thread's first weak exchange at each place fails for no reason.
    WeakExchanges,
    /// Every order of the steps, and every value that the orderings let a load return.
    Orderings,
}

/// How much was tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Orders.
    pub orders: u64,
    /// Operations on atomics and mutexes in the last of them.
    pub operations: usize,
}

/// What is run in a model. Boxed, so that loom is compiled once, not once more for each test.
type Body = Arc<dyn Fn(&Model) + Send + Sync>;

/// Runs `body` in all passes that make a difference.
fn run_all(body: &Body) -> Extent {
    let pass = |pass| run("test", pass, Arc::clone(body));
    pass(Pass::Steps);
    if engine::exchanged_weakly() {
        pass(Pass::WeakExchanges);
    }
    pass(Pass::Orderings)
}

/// Runs `body` in every order, on the calling thread, whose lane is called `main`.
fn run(main: &'static str, pass: Pass, body: Body) -> Extent {
    engine::begin_pass(pass);
    let _inside = enter(&engine::Loom);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(PREEMPTIONS);
    builder.max_branches = STEPS;
    let orders = Arc::new(Mutex::new(0));
    builder.check({
        let orders = Arc::clone(&orders);
        move || {
            tape::begin(main);
            engine::begin();
            *lock(&orders) += 1;
            body(&Model(()));
        }
    });
    let orders = *lock(&orders);
    Extent {
        orders,
        operations: tape::read(|tape| tape.events.len()),
    }
}

/// What can come out of a program, and for each outcome how: in the order that is easiest to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcomes(BTreeMap<String, Timeline>);

impl Outcomes {
    /// All outcomes, sorted.
    pub fn all(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// An order that leads to `outcome`, if one does.
    pub fn timeline(&self, outcome: &str) -> Option<&Timeline> {
        self.0.get(outcome)
    }
}

/// Runs `body` in every order and collects what it returns.
///
/// ```
/// use instruments::model;
/// use std::sync::Arc;
/// use sync::atomic::{AtomicU64, Ordering::Relaxed};
///
/// let outcomes = model::explore(|model| {
///     let visitors = Arc::new(AtomicU64::new(0));
///     let gates = ["north", "south"].map(|gate| {
///         let visitors = Arc::clone(&visitors);
///         model.spawn(gate, move || {
///             let before = visitors.load(Relaxed);
///             visitors.store(before + 1, Relaxed);
///         })
///     });
///     for gate in gates {
///         gate.join();
///     }
///     visitors.load(Relaxed).to_string()
/// });
/// assert_eq!(outcomes.all(), ["1", "2"]);
/// ```
///
/// # Panics
/// If `body` does.
pub fn explore<F>(body: F) -> Outcomes
where
    F: Fn(&Model) -> String + Send + Sync + 'static,
{
    let found: Arc<Mutex<BTreeMap<String, tape::Tape>>> = Arc::default();
    let collecting: Body = {
        let found = Arc::clone(&found);
        Arc::new(move |model| {
            let outcome = body(model);
            let tape = tape::read(tape::Tape::settled);
            let mut found = lock(&found);
            match found.get(&outcome) {
                Some(other) if other.difficulty() <= tape.difficulty() => {}
                _ => {
                    found.insert(outcome, tape);
                }
            }
        })
    };
    run("main", Pass::Orderings, collecting);
    let found = lock(&found);
    let drawn = found
        .iter()
        .map(|(outcome, tape)| (outcome.clone(), picture::draw(tape, "")));
    Outcomes(drawn.collect())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
