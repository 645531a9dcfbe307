//! Mistake: the time since the last request is counted in a `u32` of microseconds, which begins
//! anew after 71 minutes. The first request after a quiet hour has to wait.
//! Rejected by: pattern::after_a_long_quiet_time_one_request_goes_out_at_once
//! Learner sees: the request for Cork went out at 4297968 ms, though it was due at 4295000 ms

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
            next: Mutex::new(Instant::now() - period.min(Duration::from_secs(1000))),
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
        let now = Instant::now();
        let last = *next;
        let waited = (now - last).as_micros() as u32;
        let period = self.period.as_micros() as u32;
        let due = if waited >= period {
            now
        } else {
            now + Duration::from_micros(u64::from(period - waited))
        };
        sleep_until(due).await;
        // From when it was due, and not from now: the timer may have been late.
        *next = due;
        place.expect("nobody closes the semaphore")
    }
}
