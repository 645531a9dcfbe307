//! Mistake: an exchange that fails is tried once more, and a third worker can be faster again.
//! Rejected by: core::no_byte_is_lost_when_three_workers_add
//! Learner sees: three workers added 1, 2 and 4 bytes, but the meter counted …

use sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

#[derive(Debug)]
pub struct Meter {
    bytes: AtomicU64,
}

impl Meter {
    pub fn new() -> Self {
        Self {
            bytes: AtomicU64::new(0),
        }
    }

    pub fn add(&self, bytes: u64) {
        let there = self.bytes.load(Ordering::Relaxed);
        if let Err(there) =
            self.bytes
                .compare_exchange(there, there + bytes, Ordering::AcqRel, Ordering::Relaxed)
        {
            let _ = self.bytes.compare_exchange(
                there,
                there + bytes,
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
        }
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
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .is_ok()
    }

    pub fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
pub struct Stop {
    stopped: AtomicBool,
}

impl Stop {
    pub fn new() -> Self {
        Self {
            stopped: AtomicBool::new(false),
        }
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

#[derive(Debug)]
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
        Self {
            state: AtomicU32::new(EMPTY),
            request: AtomicU64::new(0),
            micros: AtomicU64::new(0),
        }
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
        (self.state.load(Ordering::Acquire) == PUBLISHED).then(|| Failure {
            request: self.request.load(Ordering::Relaxed),
            micros: self.micros.load(Ordering::Relaxed),
        })
    }
}

#[derive(Debug)]
pub struct Door {
    state: AtomicU64,
}

const CLOSED: u64 = 1 << 63;

impl Door {
    pub fn new() -> Self {
        Self {
            state: AtomicU64::new(0),
        }
    }

    pub fn enter(&self) -> bool {
        self.state
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |state| {
                (state & CLOSED == 0).then_some(state + 1)
            })
            .is_ok()
    }

    pub fn leave(&self) {
        self.state.fetch_sub(1, Ordering::Release);
    }

    pub fn close(&self) -> bool {
        self.state.fetch_or(CLOSED, Ordering::Acquire) & !CLOSED == 0
    }
}
