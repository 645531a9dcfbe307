//! Mistake: a caller waits for a place in one line and for a turn in another. The first in
//! line may have got a place and not have heard of it: a caller that comes then overtakes it.
//! Rejected by: pattern::a_caller_that_comes_with_a_free_place_stands_behind_those_who_wait
//! Learner sees: the request for Vigo went out at 700 ms, though it was due at 600 ms

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
        let _place = self.places.acquire().await.unwrap();
        self.turns.lock().await.tick().await;
        request().await
    }
}
