//! Gates: they prove overlap and order without a clock. None of them has a time limit; when a gate
//! stays shut, the hang guard ends the test and the gate says what did not happen.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// Shut until somebody opens it.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    shared: Arc<Shared<bool>>,
}

#[derive(Debug, Default)]
struct Shared<T> {
    state: Mutex<T>,
    changed: Condvar,
    /// Wakes the tasks that wait, as `changed` wakes the threads.
    tasks: Notify,
}

impl<T> Shared<T> {
    fn announce(&self) {
        self.changed.notify_all();
        self.tasks.notify_waiters();
    }

    /// Waits, without blocking the thread, until the state is as wanted.
    async fn until(&self, wanted: impl Fn(&T) -> bool) {
        loop {
            // Made before the look, so that no announcement falls in between.
            let announced = self.tasks.notified();
            if wanted(&self.lock()) {
                return;
            }
            announced.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        // A test that failed while it held the lock has said so itself.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate {
    /// A gate that is shut.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets everybody through, from now on.
    pub fn open(&self) {
        *self.shared.lock() = true;
        self.shared.announce();
    }

    /// Waits until the gate is open.
    pub fn wait(&self) {
        let open = self.shared.lock();
        let _open = self
            .shared
            .changed
            .wait_while(open, |open| !*open)
            .unwrap_or_else(PoisonError::into_inner);
    }

    /// Like [`wait`](Self::wait), for a task: other tasks of its thread go on.
    pub async fn opened(&self) {
        self.shared.until(|open| *open).await;
    }
}

/// A count that can be waited for.
#[derive(Clone, Default)]
pub struct Count {
    shared: Arc<Shared<Counted>>,
    unmet: Option<Unmet>,
}

#[derive(Debug, Default)]
struct Counted {
    reached: usize,
    /// How many somebody waits for, without a limit.
    wanted: Option<usize>,
}

/// Says what did not happen, given how far it came.
type Unmet = Arc<dyn Fn(usize) -> String + Send + Sync>;

impl Count {
    /// Zero.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn or_say(unmet: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::default(),
            unmet: Some(Arc::new(unmet)),
        }
    }

    /// One more.
    pub fn add(&self) {
        self.shared.lock().reached += 1;
        self.shared.announce();
    }

    /// How many there are.
    pub fn get(&self) -> usize {
        self.shared.lock().reached
    }

    /// Waits until there are `n`.
    pub fn wait_for(&self, n: usize) {
        let mut count = self.shared.lock();
        count.wanted = Some(n);
        let mut count = self
            .shared
            .changed
            .wait_while(count, |count| count.reached < n)
            .unwrap_or_else(PoisonError::into_inner);
        count.wanted = None;
    }

    /// Like [`wait_for`](Self::wait_for), for a task: other tasks of its thread go on.
    pub async fn reached(&self, n: usize) {
        struct Waits<'a>(&'a Count);
        impl Drop for Waits<'_> {
            fn drop(&mut self) {
                self.0.shared.lock().wanted = None;
            }
        }
        self.shared.lock().wanted = Some(n);
        let _waits = Waits(self);
        self.shared.until(|count| count.reached >= n).await;
    }

    /// Probes for what must not happen: waits until there are `n`, but no longer than `limit`, and
    /// says whether it came to that. A slow machine may let a wrong solution slip through here; it
    /// cannot fail a right one.
    pub fn reaches(&self, n: usize, limit: Duration) -> bool {
        let count = self.shared.lock();
        let (count, _) = self
            .shared
            .changed
            .wait_timeout_while(count, limit, |count| count.reached < n)
            .unwrap_or_else(PoisonError::into_inner);
        count.reached >= n
    }

    /// What did not happen, if somebody waits for it.
    pub(crate) fn unmet(&self) -> Option<String> {
        let count = self.shared.lock();
        count.wanted?;
        Some(self.unmet.as_ref()?(count.reached))
    }
}

impl fmt::Debug for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Count").field(&*self.shared.lock()).finish()
    }
}

/// Opens when a given number of threads are inside at once: it proves that they overlap.
#[derive(Debug, Clone)]
pub struct Rendezvous {
    inside: Count,
    wanted: usize,
}

impl Rendezvous {
    pub(crate) fn new(inside: Count, wanted: usize) -> Self {
        Self { inside, wanted }
    }

    /// Waits until all are inside.
    pub fn arrive(&self) {
        self.inside.add();
        self.inside.wait_for(self.wanted);
    }

    /// Like [`arrive`](Self::arrive), for a task: other tasks of its thread go on.
    pub async fn arrived(&self) {
        self.inside.add();
        self.inside.reached(self.wanted).await;
    }
}
