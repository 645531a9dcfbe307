//! Mistake: a caller that has its turn waits for a place, while other callers get their turns: when two places come
//! free, two requests go out at once.
//! Rejected by: pattern::places_that_come_free_together_are_taken_a_period_apart
//! Learner sees: the request for Faro went out at 600 ms, but it is due only at 700 ms

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore};
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
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
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
        self.turns.lock().await.tick().await;
        let _place = self.places.acquire().await;
        request().await
    }
}
