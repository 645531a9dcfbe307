//! Gates: they prove overlap and order without a clock. None of them has a time limit; when a gate
//! stays shut, the hang guard ends the test and the gate says what did not happen.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Shut until somebody opens it.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    shared: Arc<Shared<bool>>,
}

#[derive(Debug, Default)]
struct Shared<T> {
    state: Mutex<T>,
    changed: Condvar,
}

impl<T> Shared<T> {
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
        self.shared.changed.notify_all();
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
}

/// A count that can be waited for.
#[derive(Debug, Clone, Default)]
pub struct Count {
    shared: Arc<Shared<usize>>,
}

impl Count {
    /// Zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more.
    pub fn add(&self) {
        *self.shared.lock() += 1;
        self.shared.changed.notify_all();
    }

    /// How many there are.
    pub fn get(&self) -> usize {
        *self.shared.lock()
    }

    /// Waits until there are `n`.
    pub fn wait_for(&self, n: usize) {
        let count = self.shared.lock();
        let _count = self
            .shared
            .changed
            .wait_while(count, |count| *count < n)
            .unwrap_or_else(PoisonError::into_inner);
    }

    /// Probes for what must not happen: waits until there are `n`, but no longer than `limit`, and
    /// says whether it came to that. A slow machine may let a wrong solution slip through here; it
    /// cannot fail a right one.
    pub fn reaches(&self, n: usize, limit: Duration) -> bool {
        let count = self.shared.lock();
        let (count, _) = self
            .shared
            .changed
            .wait_timeout_while(count, limit, |count| *count < n)
            .unwrap_or_else(PoisonError::into_inner);
        *count >= n
    }
}

/// Opens when a given number of threads are inside at once: it proves that they overlap.
#[derive(Clone)]
pub struct Rendezvous {
    shared: Arc<Shared<usize>>,
    wanted: usize,
    unmet: Arc<dyn Fn(usize) -> String + Send + Sync>,
}

impl Rendezvous {
    pub(crate) fn new(
        wanted: usize,
        unmet: impl Fn(usize) -> String + Send + Sync + 'static,
    ) -> Self {
        Self {
            shared: Arc::default(),
            wanted,
            unmet: Arc::new(unmet),
        }
    }

    /// Waits until all are inside.
    pub fn arrive(&self) {
        let mut inside = self.shared.lock();
        *inside += 1;
        self.shared.changed.notify_all();
        let _inside = self
            .shared
            .changed
            .wait_while(inside, |inside| *inside < self.wanted)
            .unwrap_or_else(PoisonError::into_inner);
    }

    /// What did not happen, if some have arrived and wait for the rest.
    pub(crate) fn unmet(&self) -> Option<String> {
        let inside = *self.shared.lock();
        (1..self.wanted)
            .contains(&inside)
            .then(|| (self.unmet)(inside))
    }
}

impl fmt::Debug for Rendezvous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendezvous")
            .field("wanted", &self.wanted)
            .field("inside", &*self.shared.lock())
            .finish_non_exhaustive()
    }
}
