//! # Atomics
//!
//! A tool puts a web service under load. Its workers send requests as fast as they can, and share a
//! few numbers. How many bytes came back? May I send another request? Was the test stopped? Which
//! request failed first? None of them takes a lock.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! The chapter is `src/atomics.md`; check your work with
//!
//! ```text
//! cargo test -p exercises --test atomics
//! ```
//!
//! Take `AtomicU64`, `AtomicBool`, `Ordering` and the rest from `sync::atomic`. They are std's at run
//! time. The tests run your code in every order with at most two interruptions in all, and there these
//! types belong to the model checker. It sees nothing of `std::sync`. Keep all that is shared in the
//! types below; every test makes its own. All methods may be called from any thread at any time. None
//! of them waits for another thread's call to end, neither at a lock nor in a loop. A loop that tries
//! again because another thread was faster does not wait.

/// Counts the bytes that came back.
#[derive(Debug)]
pub struct Meter {
    // One number. Which type lets several threads change it through `&self`?
}

impl Meter {
    /// A meter that has counted nothing.
    #[allow(clippy::new_without_default, reason = "the stub's own way")]
    pub fn new() -> Self {
        todo!("Meter::new")
    }

    /// Adds `bytes`.
    pub fn add(&self, bytes: u64) {
        todo!("Meter::add({bytes})")
    }

    /// Hands out what was added since the last `take`, and begins again at zero.
    ///
    /// Every byte is handed out once: no `take` gets it twice, and none is lost, whichever threads add
    /// or take meanwhile.
    pub fn take(&self) -> u64 {
        todo!("Meter::take")
    }
}

/// How many requests may still be sent.
#[derive(Debug)]
pub struct Budget {
    // One number again. It never goes below zero, not even for a moment.
}

impl Budget {
    /// A budget of `requests`. Any number, zero too.
    pub fn new(requests: u64) -> Self {
        todo!("Budget::new({requests})")
    }

    /// Takes one request out of the budget. False if there is none left.
    ///
    /// While there is one left, a caller gets it, however many ask at once.
    pub fn try_take(&self) -> bool {
        todo!("Budget::try_take")
    }

    /// How many are left; never more than there were in the beginning.
    pub fn left(&self) -> u64 {
        todo!("Budget::left")
    }
}

/// Tells all workers to stop.
#[derive(Debug)]
pub struct Stop {
    // True or false.
}

impl Stop {
    /// The test has not been stopped yet.
    #[allow(clippy::new_without_default, reason = "the stub's own way")]
    pub fn new() -> Self {
        todo!("Stop::new")
    }

    /// Stops the test. True for exactly one caller: the one that stopped it.
    pub fn stop(&self) -> bool {
        todo!("Stop::stop")
    }

    /// Whether the test was stopped. Once true, it stays true.
    pub fn is_stopped(&self) -> bool {
        todo!("Stop::is_stopped")
    }
}

/// A request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Its number. Any number, zero too.
    pub request: u64,
    /// How long it took, in microseconds. Any number, zero too.
    pub micros: u64,
}

/// The first failure: published once, read by all workers.
#[derive(Debug)]
pub struct FirstFailure {
    // A `Failure` does not fit into one atomic. What tells a reader that both numbers are there?
}

impl FirstFailure {
    /// Nothing has failed yet.
    #[allow(clippy::new_without_default, reason = "the stub's own way")]
    pub fn new() -> Self {
        todo!("FirstFailure::new")
    }

    /// Publishes `failure`, unless another call was first. True for exactly one caller: the one
    /// whose failure it is from then on. That caller's next `get` returns it.
    pub fn publish(&self, failure: Failure) -> bool {
        todo!("FirstFailure::publish({failure:?})")
    }

    /// The failure that was published. `None` before that, and while it is being published.
    ///
    /// A failure comes out as it was published: both of its numbers, and no other's.
    pub fn get(&self) -> Option<Failure> {
        todo!("FirstFailure::get")
    }
}

/// A door through which workers enter a piece of work, until it is closed. It never opens again.
///
/// **Stretch:** The whole door, with all its methods.
#[derive(Debug)]
pub struct Door {
    // Is it closed, and how many are inside? Each can change while you look at the other.
}

impl Door {
    /// An open door with no worker inside.
    #[allow(clippy::new_without_default, reason = "the stub's own way")]
    pub fn new() -> Self {
        todo!("Door::new")
    }

    /// Lets the caller in, unless the door is closed. A caller that is let in leaves later, once.
    pub fn enter(&self) -> bool {
        todo!("Door::enter")
    }

    /// Lets the caller out.
    pub fn leave(&self) {
        todo!("Door::leave")
    }

    /// Closes the door, if it is not yet closed. True if no worker is inside, now and for good.
    ///
    /// Then all that workers did inside is visible to the caller. It may be false while the last
    /// workers are leaving or are being turned away, so the caller calls it again.
    pub fn close(&self) -> bool {
        todo!("Door::close")
    }
}
