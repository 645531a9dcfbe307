//! Design: what may be counted too far is counted too far: the budget counts what was asked for, the door
//! counts in before it looks. The failure has a flag for the claim and another for the announcement.

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
    requests: u64,
    asked: AtomicU64,
}

impl Budget {
    pub fn new(requests: u64) -> Self {
        Self {
            requests,
            asked: AtomicU64::new(0),
        }
    }

    pub fn try_take(&self) -> bool {
        // Whoever asks an empty budget does not count, so that the number cannot come round.
        self.left() > 0 && self.asked.fetch_add(1, Ordering::Relaxed) < self.requests
    }

    pub fn left(&self) -> u64 {
        self.requests
            .saturating_sub(self.asked.load(Ordering::Relaxed))
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
    claimed: AtomicBool,
    published: AtomicBool,
    request: AtomicU64,
    micros: AtomicU64,
}

impl FirstFailure {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn publish(&self, failure: Failure) -> bool {
        let is_first = !self.claimed.swap(true, Ordering::Relaxed);
        if is_first {
            self.request.store(failure.request, Ordering::Relaxed);
            self.micros.store(failure.micros, Ordering::Relaxed);
            self.published.store(true, Ordering::Release);
        }
        is_first
    }

    pub fn get(&self) -> Option<Failure> {
        self.published.load(Ordering::Acquire).then(|| Failure {
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
        let open = self.state.fetch_add(1, Ordering::Relaxed) & CLOSED == 0;
        if !open {
            self.state.fetch_sub(1, Ordering::Relaxed);
        }
        open
    }

    pub fn leave(&self) {
        self.state.fetch_sub(1, Ordering::Release);
    }

    pub fn close(&self) -> bool {
        self.state.fetch_or(CLOSED, Ordering::Acquire) & !CLOSED == 0
    }
}
