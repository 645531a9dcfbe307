//! Mistake: a flag for "somebody is inside", where two can be.
//! Rejected by: stretch::the_door_counts_who_is_inside
//! Learner sees: 2 are inside, but close() said nobody is

use sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

#[derive(Debug, Default)]
pub struct Meter {
    bytes: AtomicU64,
}

impl Meter {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub fn take(&self) -> u64 {
        self.bytes.swap(0, Ordering::Relaxed)
    }
}

#[derive(Debug)]
pub struct Budget {
    left: AtomicU64,
}

impl Budget {
    pub fn new(requests: u64) -> Self {
        Self {
            left: AtomicU64::new(requests),
        }
    }

    pub fn try_take(&self) -> bool {
        let one_less = |left: u64| left.checked_sub(1);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
            .is_ok()
    }

    pub fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Default)]
pub struct Stop {
    stopped: AtomicBool,
}

impl Stop {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn stop(&self) -> bool {
        !self.stopped.swap(true, Ordering::Relaxed)
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    pub request: u64,
    pub micros: u64,
}

#[derive(Debug, Default)]
pub struct FirstFailure {
    state: AtomicU32,
    request: AtomicU64,
    micros: AtomicU64,
}

const EMPTY: u32 = 0;
const BEING_WRITTEN: u32 = 1;
const PUBLISHED: u32 = 2;

impl FirstFailure {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn publish(&self, failure: Failure) -> bool {
        let claimed =
            self.state
                .compare_exchange(EMPTY, BEING_WRITTEN, Ordering::Relaxed, Ordering::Relaxed);
        if claimed.is_err() {
            return false;
        }
        self.request.store(failure.request, Ordering::Relaxed);
        self.micros.store(failure.micros, Ordering::Relaxed);
        self.state.store(PUBLISHED, Ordering::Release);
        true
    }

    pub fn get(&self) -> Option<Failure> {
        let published = self.state.load(Ordering::Acquire) == PUBLISHED;
        published.then(|| Failure {
            request: self.request.load(Ordering::Relaxed),
            micros: self.micros.load(Ordering::Relaxed),
        })
    }
}

#[derive(Debug, Default)]
pub struct Door {
    closed: AtomicBool,
    inside: AtomicBool,
}

impl Door {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn enter(&self) -> bool {
        self.inside.store(true, Ordering::SeqCst);
        if self.closed.load(Ordering::SeqCst) {
            self.leave();
            return false;
        }
        true
    }

    pub fn leave(&self) {
        self.inside.store(false, Ordering::SeqCst);
    }

    pub fn close(&self) -> bool {
        self.closed.store(true, Ordering::SeqCst);
        !self.inside.load(Ordering::SeqCst)
    }
}
