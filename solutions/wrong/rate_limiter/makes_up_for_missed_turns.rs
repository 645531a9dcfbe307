//! Mistake: an interval makes up for all ticks that were missed, unless it is told otherwise: a
//! quiet second earns a burst.
//! Rejected by: pattern::a_quiet_time_earns_no_burst
//! Learner sees: the request for Vigo went out at 1030 ms, but it is due only at 1100 ms

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
        place
    }
}
