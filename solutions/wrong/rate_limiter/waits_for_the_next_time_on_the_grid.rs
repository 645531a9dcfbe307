//! Mistake: it counts in whole periods from the start, and rounds up: a request that comes late waits
//! for the next time on the grid, though its turn has long been there.
//! Rejected by: core::an_answer_that_took_more_than_a_period_is_followed_at_once
//! Learner sees: the request for Cork went out at 300 ms, though it was due at 250 ms

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct RateLimiter {
    begin: Instant,
    period: Duration,
    /// The number of the next turn.
    next: Mutex<u32>,
    places: Semaphore,
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        Self {
            begin: Instant::now(),
            period,
            next: Mutex::new(0),
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
        let place = self.places.acquire().await.unwrap();
        let passed = self.begin.elapsed().as_nanos();
        let passed = passed.div_ceil(self.period.as_nanos());
        let turn = (*next).max(u32::try_from(passed).unwrap());
        sleep_until(self.begin + self.period * turn).await;
        *next = turn + 1;
        place
    }
}
