//! Design: `compare_exchange_weak` in loops of its own, and fences beside relaxed operations.

use sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};

#[derive(Debug, Default)]
pub struct Meter {
    bytes: AtomicU64,
}

impl Meter {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&self, bytes: u64) {
        let mut before = self.bytes.load(Ordering::Relaxed);
        while let Err(other) = self.bytes.compare_exchange_weak(
            before,
            before + bytes,
            Ordering::AcqRel,
            Ordering::Relaxed,
        ) {
            before = other;
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
        let mut left = self.left.load(Ordering::Relaxed);
        while left > 0 {
            match self.left.compare_exchange_weak(
                left,
                left - 1,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(other) => left = other,
            }
        }
        false
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
        self.stopped
            .compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
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
        fence(Ordering::Release);
        self.state.store(PUBLISHED, Ordering::Relaxed);
        true
    }

    pub fn get(&self) -> Option<Failure> {
        let published = self.state.load(Ordering::Relaxed) == PUBLISHED;
        fence(Ordering::Acquire);
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
        let mut state = self.state.load(Ordering::Acquire);
        while state & CLOSED == 0 {
            match self.state.compare_exchange_weak(
                state,
                state + 1,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return true,
                Err(other) => state = other,
            }
        }
        false
    }

    pub fn leave(&self) {
        self.state.fetch_sub(1, Ordering::Release);
    }

    pub fn close(&self) -> bool {
        let before = self.state.fetch_or(CLOSED, Ordering::Acquire);
        before & !CLOSED == 0
    }
}
