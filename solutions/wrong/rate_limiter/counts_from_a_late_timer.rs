//! Mistake: it begins the next period when its timer has woken it. Timers are late, and each one is
//! late on top of the last.
//! Rejected by: stretch::milliseconds_that_a_timer_rounds_up_do_not_add_up
//! Learner sees: the request for harbour 3 went out at 1002 ms, though it was due at 1000 ms

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Interval, interval};

#[derive(Debug)]
pub struct RateLimiter {
    turns: Mutex<Interval>,
    places: Semaphore,
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        Self {
            turns: Mutex::new(interval(period)),
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
        let mut turns = self.turns.lock().await;
        let place = self.places.acquire().await.unwrap();
        turns.tick().await;
        // Not a period after the tick that was planned: nothing is saved up.
        turns.reset();
        place
    }
}
