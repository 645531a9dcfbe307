//! The panic hook collects and says nothing: it is shared by all tests of the process, and what it
//! printed on a pool's thread would land in another test's output. The guard prints, on the test's
//! own thread.

use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, ThreadId};

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
    /// Threads that run a guarded test's body: what panics there is that test's own failure.
    bodies: Vec<ThreadId>,
}

static COLLECTED: Mutex<Collected> = Mutex::new(Collected {
    panics: Vec::new(),
    bodies: Vec::new(),
});

fn collected() -> MutexGuard<'static, Collected> {
    COLLECTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Installs the hook, once a process. Panics of threads outside any guarded test still reach the
/// hook that was there before.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if collected().bodies.is_empty() {
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
        place: info
            .location()
            .map(|at| format!("{}:{}", at.file(), at.line()))
            .unwrap_or_default(),
    };
    collected().panics.push(panic);
}

/// From here on until it is dropped, `thread` runs a test's body.
pub(crate) struct Body {
    thread: ThreadId,
    seen: usize,
}

impl Body {
    pub fn runs_on(thread: ThreadId) -> Self {
        let mut collected = collected();
        collected.bodies.push(thread);
        Self {
            thread,
            seen: collected.panics.len(),
        }
    }

    /// The panic that ended the body, and those of other threads since it began, but for the
    /// bodies of tests that run beside this one.
    pub fn panics(&self) -> (Option<Panic>, Vec<Panic>) {
        let collected = collected();
        let since = &collected.panics[self.seen..];
        let own = since.iter().rfind(|panic| panic.thread == self.thread);
        let others = since
            .iter()
            .filter(|panic| !collected.bodies.contains(&panic.thread));
        (own.cloned(), others.cloned().collect())
    }
}
