//! Design: no ordering at all. Every word carries a bit of its own that says that it was written.

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

/// The caller that draws ticket 0 writes; each number says itself that it is there.
#[derive(Debug, Default)]
pub struct FirstFailure {
    tickets: AtomicU64,
    request: Slot,
    micros: Slot,
}

/// A number that comes in two halves, each with a bit on top that says that it was written.
#[derive(Debug, Default)]
struct Slot {
    low: AtomicU64,
    high: AtomicU64,
}

const WRITTEN: u64 = 1 << 32;

impl Slot {
    fn write(&self, value: u64) {
        self.low
            .store(WRITTEN | (value & (WRITTEN - 1)), Ordering::Relaxed);
        self.high.store(WRITTEN | (value >> 32), Ordering::Relaxed);
    }

    fn read(&self) -> Option<u64> {
        let half = |half: &AtomicU64| half.load(Ordering::Relaxed).checked_sub(WRITTEN);
        Some(half(&self.high)? << 32 | half(&self.low)?)
    }
}

impl FirstFailure {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn publish(&self, failure: Failure) -> bool {
        let is_first = self.tickets.fetch_add(1, Ordering::Relaxed) == 0;
        if is_first {
            self.request.write(failure.request);
            self.micros.write(failure.micros);
        }
        is_first
    }

    pub fn get(&self) -> Option<Failure> {
        Some(Failure {
            request: self.request.read()?,
            micros: self.micros.read()?,
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
