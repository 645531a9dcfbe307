//! The panic hook collects and says nothing: it is shared by all tests of the process, and what it
//! printed on a pool's thread would land in another test's output. The guard prints, on the test's
//! own thread. Only a panic that ends the whole process is told at once: nobody comes after it.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::panic::{self, Location, PanicHookInfo};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, ThreadId};

use crate::place::Place;

/// What the hook saw of one panic.
#[derive(Debug, Clone)]
pub(crate) struct Panic {
    thread: ThreadId,
    /// The thread's name, if it has one.
    pub name: Option<String>,
    /// The panic's message.
    pub message: String,
    place: Option<Place>,
}

impl Panic {
    /// `file:line` of a line that the reader can change, if there is one.
    pub fn place(&self) -> Option<String> {
        self.place.as_ref()?.told()
    }

    /// What `todo!("…")` was left to say, if this is a `todo!()`.
    pub fn not_written(&self) -> Option<&str> {
        let rest = self.message.strip_prefix("not yet implemented")?;
        Some(rest.strip_prefix(": ").unwrap_or("this function"))
    }
}

#[derive(Default)]
struct Collected {
    panics: Vec<Panic>,
    /// Threads that ran a guarded test's body: what panics there is that test's own failure.
    bodies: Vec<ThreadId>,
    /// How many guarded tests run now.
    guarded: usize,
}

static COLLECTED: Mutex<Collected> = Mutex::new(Collected {
    panics: Vec::new(),
    bodies: Vec::new(),
    guarded: 0,
});

fn collected() -> MutexGuard<'static, Collected> {
    COLLECTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Installs the hook, once a process. While no guarded test runs, panics still reach the hook that
/// was there before.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if collected().guarded == 0 {
                previous(info);
            } else if is_the_end(info) {
                tell_what_led_here();
                previous(info);
            } else {
                collect(info);
            }
        }));
    });
}

fn collect(info: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let panic = Panic {
        thread: thread.id(),
        name: thread.name().map(str::to_owned),
        message: info
            .payload_as_str()
            .unwrap_or("a panic without a message")
            .to_owned(),
        place: info.location().map(Place::of_a_panic),
    };
    collected().panics.push(panic);
}

/// A panic in a destructor while another unwinds, or one that would leave a function that cannot
/// unwind, is followed by a last one, in the name of the core library itself. Then the process
/// aborts. `PanicHookInfo::can_unwind` would tell, but is not stable.
fn is_the_end(info: &PanicHookInfo<'_>) -> bool {
    let place = info.location().map(Location::file).unwrap_or_default();
    place.ends_with("library/core/src/panicking.rs")
}

/// Past the capture of libtest, which would keep it to itself for a process that is about to go.
fn tell_what_led_here() {
    let collected = collected();
    let here = thread::current().id();
    let mut told = String::new();
    for panic in collected.panics.iter().filter(|panic| panic.thread == here) {
        let name = panic.name.as_deref().unwrap_or("<unnamed>");
        let (place, message) = (panic.place().unwrap_or_default(), &panic.message);
        let _ = write!(told, "\nthread '{name}' panicked at {place}:\n{message}\n");
    }
    let _ = io::stderr().write_all(told.as_bytes());
}

/// A guarded test, from before its body begins until it is judged.
pub(crate) struct Watch {
    seen: usize,
}

impl Watch {
    /// Begins to collect.
    pub fn begin() -> Self {
        let mut collected = collected();
        collected.guarded += 1;
        Self {
            seen: collected.panics.len(),
        }
    }

    /// The panic that ended the body, and those before it since the watch began: of tasks on its
    /// thread and of other threads, but for the bodies of tests that run beside this one. What
    /// panicked after the body did only followed.
    pub fn panics(&self, body: ThreadId) -> (Option<Panic>, Vec<Panic>) {
        let collected = collected();
        let since = &collected.panics[self.seen..];
        let own = since.iter().rposition(|panic| panic.thread == body);
        let others = since[..own.unwrap_or(since.len())]
            .iter()
            .filter(|panic| panic.thread == body || !collected.bodies.contains(&panic.thread));
        (own.map(|own| since[own].clone()), others.cloned().collect())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        collected().guarded -= 1;
    }
}

/// Says that the calling thread runs a guarded test's body.
pub(crate) fn this_thread_runs_a_body() {
    collected().bodies.push(thread::current().id());
}
