//! The shared numbers of a load test.
//!
//! One question decides every ordering here: does a thread conclude from this number what another
//! thread has done to *other* memory? If not, `Relaxed` is enough, because a read-modify-write loses no
//! update. If so, the thread that did it says `Release`, and the thread that concludes says `Acquire`.

use sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// Counts the bytes that came back.
#[derive(Debug, Default)]
pub struct Meter {
    bytes: AtomicU64,
}

impl Meter {
    /// A meter that has counted nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `bytes`.
    pub fn add(&self, bytes: u64) {
        // Load, add and store in one step. From the sum, a reader concludes nothing of other memory.
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Hands out what was added since the last `take`, and begins again at zero.
    pub fn take(&self) -> u64 {
        // Between a load and a `store(0)` another worker could add, and its bytes would be lost.
        self.bytes.swap(0, Ordering::Relaxed)
    }
}

/// How many requests may still be sent.
#[derive(Debug)]
pub struct Budget {
    left: AtomicU64,
}

impl Budget {
    /// A budget of `requests`.
    pub fn new(requests: u64) -> Self {
        Self {
            left: AtomicU64::new(requests),
        }
    }

    /// Takes one request out of the budget. False if there is none left.
    pub fn try_take(&self) -> bool {
        // No `fetch_…` says "subtract unless zero". This one tries a step of our own, and tries it
        // again with the new value whenever another thread was faster.
        let one_less = |left: u64| left.checked_sub(1);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
            .is_ok()
    }

    /// How many are left; never more than there were in the beginning.
    pub fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }
}

/// Tells all workers to stop.
#[derive(Debug, Default)]
pub struct Stop {
    stopped: AtomicBool,
}

impl Stop {
    /// The test has not been stopped yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the test. True for exactly one caller: the one that stopped it.
    pub fn stop(&self) -> bool {
        // Of all swaps, one finds `false`.
        !self.stopped.swap(true, Ordering::Relaxed)
    }

    /// Whether the test was stopped. It stays so.
    pub fn is_stopped(&self) -> bool {
        // The flag is all there is to see. If workers also read what the caller of `stop` had
        // prepared for them, this would be `Acquire`, and the swap `Release`.
        self.stopped.load(Ordering::Relaxed)
    }
}

/// A request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Its number.
    pub request: u64,
    /// How long it took, in microseconds.
    pub micros: u64,
}

/// The first failure: published once, read by all workers.
#[derive(Debug, Default)]
pub struct FirstFailure {
    /// [`EMPTY`], then [`BEING_WRITTEN`], then [`PUBLISHED`], and never back.
    state: AtomicU32,
    request: AtomicU64,
    micros: AtomicU64,
}

const EMPTY: u32 = 0;
const BEING_WRITTEN: u32 = 1;
const PUBLISHED: u32 = 2;

impl FirstFailure {
    /// Nothing has failed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Publishes `failure`, unless another call was first.
    pub fn publish(&self, failure: Failure) -> bool {
        // Two states would not do: a winner must be found before anything is written, and readers
        // must wait until everything is.
        let claimed =
            self.state
                .compare_exchange(EMPTY, BEING_WRITTEN, Ordering::Relaxed, Ordering::Relaxed);
        if claimed.is_err() {
            return false;
        }
        self.request.store(failure.request, Ordering::Relaxed);
        self.micros.store(failure.micros, Ordering::Relaxed);
        // The two stores above happen before every `Acquire` load that reads this one.
        self.state.store(PUBLISHED, Ordering::Release);
        true
    }

    /// The failure that was published.
    pub fn get(&self) -> Option<Failure> {
        let published = self.state.load(Ordering::Acquire) == PUBLISHED;
        published.then(|| Failure {
            request: self.request.load(Ordering::Relaxed),
            micros: self.micros.load(Ordering::Relaxed),
        })
    }
}

/// A door through which workers enter a stretch of work, until it is closed.
///
/// Closed or not, and how many inside: in two atomics, each side could change its own and look at
/// the other's too early. In one, there is no "between".
#[derive(Debug, Default)]
pub struct Door {
    /// How many are inside; [`CLOSED`] on top.
    state: AtomicU64,
}

const CLOSED: u64 = 1 << 63;

impl Door {
    /// An open door with no worker inside.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the caller in, unless the door is closed.
    pub fn enter(&self) -> bool {
        let one_more = |state: u64| (state & CLOSED == 0).then_some(state + 1);
        self.state
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .is_ok()
    }

    /// Lets the caller out.
    pub fn leave(&self) {
        // What the caller did inside happens before the `Acquire` that reads this.
        self.state.fetch_sub(1, Ordering::Release);
    }

    /// Closes the door. True if no worker is inside, now and for good.
    pub fn close(&self) -> bool {
        let before = self.state.fetch_or(CLOSED, Ordering::Acquire);
        before & !CLOSED == 0
    }
}
