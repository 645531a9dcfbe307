//! Mistake: a mutex wherever more than one number must fit together: a reader waits for the one who writes.
//! Rejected by: pattern::whoever_sees_a_failure_sees_all_of_it
//! Learner sees: in this order a call waits for a lock that another thread holds, which no call may do here

use sync::Mutex;
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
    failure: Mutex<Option<Failure>>,
}

const NO_PANIC: &str = "nothing panics with the lock held";

impl FirstFailure {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn publish(&self, failure: Failure) -> bool {
        let mut first = self.failure.lock().expect(NO_PANIC);
        let is_first = first.is_none();
        first.get_or_insert(failure);
        is_first
    }

    pub fn get(&self) -> Option<Failure> {
        *self.failure.lock().expect(NO_PANIC)
    }
}

#[derive(Debug, Default)]
pub struct Door {
    state: Mutex<DoorState>,
}

#[derive(Debug, Default)]
struct DoorState {
    closed: bool,
    inside: usize,
}

impl Door {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn enter(&self) -> bool {
        let mut state = self.state.lock().expect(NO_PANIC);
        if !state.closed {
            state.inside += 1;
        }
        !state.closed
    }

    pub fn leave(&self) {
        self.state.lock().expect(NO_PANIC).inside -= 1;
    }

    pub fn close(&self) -> bool {
        let mut state = self.state.lock().expect(NO_PANIC);
        state.closed = true;
        state.inside == 0
    }
}
