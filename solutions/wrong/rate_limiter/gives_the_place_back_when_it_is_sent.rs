//! Mistake: the place is held by whoever waits for a turn, and given back when the request goes
//! out.
//! Rejected by: pattern::no_more_requests_are_open_than_there_are_places
//! Learner sees: the request for Vigo went out at 200 ms, but it is due only at 357 ms

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
        self.turn().await;
        request().await
    }

    async fn turn(&self) {
        let mut turns = self.turns.lock().await;
        let _place = self.places.acquire().await;
        turns.tick().await;
    }
}
