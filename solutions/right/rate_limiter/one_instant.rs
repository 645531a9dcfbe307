//! Design: no interval; the line is a mutex round the instant of the next turn.

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// A period that no program sees the end of. A longer one could be too long for the clock to add.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// An instant in the past means that a turn is there. It is overwritten after the wait, so a caller
/// that gives up in the middle has changed nothing.
#[derive(Debug)]
pub struct RateLimiter {
    period: Duration,
    next: Mutex<Instant>,
    places: Semaphore,
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        Self {
            period: period.min(FOR_EVER),
            next: Mutex::new(Instant::now()),
            places: Semaphore::new(places),
        }
    }

    pub async fn call<F, R>(&self, request: F) -> R::Output
    where
        F: FnOnce() -> R,
        R: Future,
    {
        let _place = self.turn().await;
        request().await
    }

    async fn turn(&self) -> SemaphorePermit<'_> {
        let mut next = self.next.lock().await;
        let place = self.places.acquire().await;
        let due = (*next).max(Instant::now());
        sleep_until(due).await;
        // From when it was due, and not from now: the timer may have been late.
        *next = due + self.period;
        place.expect("nobody closes the semaphore")
    }
}
