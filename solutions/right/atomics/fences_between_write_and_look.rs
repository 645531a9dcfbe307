//! Design: everything is relaxed, and fences stand where the order comes from: between the two numbers and
//! their flag, and on both sides between what one writes and what one looks at.

use sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

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
            fence(Ordering::Release);
            self.published.store(true, Ordering::Relaxed);
        }
        is_first
    }

    pub fn get(&self) -> Option<Failure> {
        let published = self.published.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        published.then(|| Failure {
            request: self.request.load(Ordering::Relaxed),
            micros: self.micros.load(Ordering::Relaxed),
        })
    }
}

#[derive(Debug, Default)]
pub struct Door {
    closed: AtomicBool,
    inside: AtomicU64,
}

impl Door {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn enter(&self) -> bool {
        self.inside.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let open = !self.closed.load(Ordering::Relaxed);
        if !open {
            self.inside.fetch_sub(1, Ordering::Relaxed);
        }
        open
    }

    pub fn leave(&self) {
        fence(Ordering::Release);
        self.inside.fetch_sub(1, Ordering::Relaxed);
    }

    pub fn close(&self) -> bool {
        self.closed.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let empty = self.inside.load(Ordering::Relaxed) == 0;
        fence(Ordering::Acquire);
        empty
    }
}
