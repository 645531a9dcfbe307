//! Mistake: the guard of the line lives until the answer is there, so the requests go out one after
//! another.
//! Rejected by: pattern::an_open_request_does_not_hold_the_next_turn_back
//! Learner sees: the request for Cork went out at 250 ms, though it was due at 100 ms

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
        let mut turns = self.turns.lock().await;
        let _place = self.places.acquire().await;
        turns.tick().await;
        request().await
    }
}
