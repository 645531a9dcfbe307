//! Instruments for testing concurrent code. They turn a hang, a leak or a race into one sentence
//! and a picture of what ran when.
//!
//! A test hands its body to [`test`](fn@test) and gets a [`Run`], which records, makes gates and watches over
//! hangs:
//!
//! ```
//! instruments::test(|run| {
//!     let both = run.rendezvous(2, |inside| format!("only {inside} of 2 threads ran at once"));
//!     std::thread::scope(|scope| {
//!         for n in 0..2 {
//!             scope.spawn(run.job(format!("job {n}"), || both.arrive()));
//!         }
//!     });
//!     assert!(run.most_at_once() == 2, "the threads ran one after another");
//! });
//! ```
//!
//! Async code runs on tokio's paused clock, see [`paused`].
//!
//! A failure is printed as one sentence with the recorded timeline under it, and leaves the test
//! binary as a line of JSON, see [`report`].

pub mod canary;
pub mod compile_fail;
pub mod gate;
mod guard;
mod identity;
#[cfg(target_os = "linux")]
pub mod idle;
mod lifeline;
pub mod model;
mod panics;
mod paused;
mod place;
pub mod recorder;
mod run;
mod sampler;
mod show;
pub mod simulation;

pub use record::{report, timeline};

pub use guard::{DEFAULT_LIMIT, LIMIT, test};
pub use paused::{VIRTUAL_LIMIT, paused, paused_within, settle};
pub use place::helper;
pub use run::{PROBE, Run};

/// Panics on purpose, as a job under test does, without a word from the panic hook.
pub fn panic_on_purpose(why: &'static str) -> ! {
    std::panic::resume_unwind(Box::new(why))
}

/// What a thread of a test returned. If it failed, the test fails with that thread's sentence and not
/// with one about a join.
///
/// ```should_panic
/// let caller = std::thread::spawn(|| panic!("submit came back before there was room"));
/// instruments::passed_on(caller.join());
/// ```
///
/// # Panics
/// If the thread did.
pub fn passed_on<T>(ended: std::thread::Result<T>) -> T {
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
