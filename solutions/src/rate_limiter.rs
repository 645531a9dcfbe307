//! # Rate limiter
//!
//! Two bounds, and a thing for each: an interval says how often, a semaphore says how many at once.
//! Neither can stand in for the other.
//!
//! *Why the place first, and then the turn?* A turn is a moment. A caller that takes it and then waits for a
//! place sends at another moment, and two that wait together may send together. A place can be
//! held as long as one likes.
//!
//! *Who comes first?* Tokio's mutex is fair: callers get it in the order in which they ask. So the
//! line is the mutex round the interval, and the first in line holds it while it waits.
//!
//! *What if the first gives up?* Its future is dropped, and with it the guard and the place. `tick` is
//! cancel safe: the turn that it waited for is still there for the next in line.

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// A hundred years: a period that no program sees the end of. A longer one could be too long for the
/// clock to add.
const FOR_EVER: Duration = Duration::from_hours(876_000);

/// Sends requests at a steady rate: one every `period`, and never more than `places` open at once.
#[derive(Debug)]
pub struct RateLimiter {
    /// Locked by the first in line. Tokio's mutex, because it is held across an await, and because
    /// it is fair.
    turns: Mutex<Interval>,
    places: Semaphore,
}

impl RateLimiter {
    /// A limiter for one request every `period`, of which at most `places` are open at once.
    ///
    /// # Panics
    /// If `period` or `places` is zero: everything could be sent, or nothing.
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero(), "turns without a period have no rate");
        assert!(places > 0, "without a place, nothing could be sent");
        let mut turns = interval(period.min(FOR_EVER));
        // What was not used is over: `Burst`, the default, would hand all of it out at once, and
        // `Skip` a turn that follows too soon on a late one.
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            turns: Mutex::new(turns),
            places: Semaphore::new(places),
        }
    }

    /// Waits until a request is due, sends it, and returns its answer.
    pub async fn call<F, R>(&self, request: F) -> R::Output
    where
        F: FnOnce() -> R,
        R: Future,
    {
        // The line moves on here, not when the answer is there: the guard stays in `turn`.
        let _place = self.turn().await;
        request().await
    }

    /// Waits in line for a place and then for a turn.
    async fn turn(&self) -> SemaphorePermit<'_> {
        let mut turns = self.turns.lock().await;
        let place = self.places.acquire().await;
        turns.tick().await;
        place.expect("the semaphore is never closed")
    }
}
