//! Mistake: a caller stands in two lines, one for a place and one for the turn. Each is fair, but a
//! newcomer that finds a place free is in the second before one who has waited in the first.
//! Rejected by: stretch::whoever_finds_a_place_free_does_not_overtake_whoever_waited_for_one
//! Learner sees: the request for Faro went out at 400 ms, but it is due only at 500 ms

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
        let _place = self.places.acquire().await;
        self.turns.lock().await.tick().await;
        request().await
    }
}
