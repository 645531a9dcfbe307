//! Mistake: `Skip` keeps to the times that were planned at the start: after a late turn, the next
//! one comes too soon.
//! Rejected by: pattern::the_next_turn_is_counted_from_the_last_request
//! Learner sees: the request for Vigo went out at 300 ms, but it is due only at 370 ms

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Interval, MissedTickBehavior, interval};

#[derive(Debug)]
pub struct RateLimiter {
    turns: Mutex<Interval>,
    places: Semaphore,
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        let mut turns = interval(period);
        turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Self {
            turns: Mutex::new(turns),
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
