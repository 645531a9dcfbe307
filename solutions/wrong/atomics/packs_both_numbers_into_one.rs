//! Mistake: packs both numbers into one atomic, where large ones have no room.
//! Rejected by: core::a_failure_may_have_any_numbers
//! Learner sees: publish() of request … with 1 µs returned true, and get() handed out request … with … µs

use sync::atomic::{AtomicBool, AtomicU64, Ordering};

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
    both: AtomicU64,
}

const PUBLISHED: u64 = 1 << 63;

impl FirstFailure {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn publish(&self, failure: Failure) -> bool {
        let both = PUBLISHED | failure.request << 32 | failure.micros;
        self.both
            .compare_exchange(0, both, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    pub fn get(&self) -> Option<Failure> {
        let both = self.both.load(Ordering::Relaxed);
        (both & PUBLISHED != 0).then_some(Failure {
            request: (both & !PUBLISHED) >> 32,
            micros: both & 0xffff_ffff,
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
