//! The panic hook collects and says nothing: it is shared by all tests of the process, and what it
//! printed on a pool's thread would land in another test's output. The guard prints, on the test's
//! own thread.

use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, ThreadId};

use crate::identity;

/// What the hook saw of one panic.
#[derive(Debug, Clone)]
pub(crate) struct Panic {
    thread: ThreadId,
    /// The thread's name, if it has one.
    pub name: Option<String>,
    /// The panic's message.
    pub message: String,
    /// `file:line`
    pub place: String,
}

impl Panic {
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
        place: info.location().map(identity::place).unwrap_or_default(),
    };
    collected().panics.push(panic);
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

    /// The panic that ended the body, and those before it since the watch began, but for the bodies
    /// of tests that run beside this one. What panicked after the body did only followed.
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
