//! Mistake: an exchange that failed is tried again with the value that has already failed.
//! Rejected by: core::the_last_request_of_a_budget_goes_to_one_worker
//! Learner sees: in this order a loop turns for ever: it tries the same again, or waits for another thread's call to end, which no call may do here

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
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return false;
        }
        while self
            .left
            .compare_exchange(left, left - 1, Ordering::Relaxed, Ordering::Relaxed)
            .is_err()
        {}
        true
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
    state: AtomicU64,
}

const CLOSED: u64 = 1 << 63;

impl Door {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn enter(&self) -> bool {
        let one_more = |state: u64| (state & CLOSED == 0).then_some(state + 1);
        self.state
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .is_ok()
    }

    pub fn leave(&self) {
        self.state.fetch_sub(1, Ordering::Release);
    }

    pub fn close(&self) -> bool {
        let before = self.state.fetch_or(CLOSED, Ordering::Acquire);
        before & !CLOSED == 0
    }
}
