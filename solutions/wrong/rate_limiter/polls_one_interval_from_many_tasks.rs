//! Mistake: it locks the interval for each poll instead of the whole wait, so that no lock is held
//! across an await. But an interval wakes only the task that polled it last.
//! Rejected by: core::callers_that_ask_at_once_take_turns
//! Learner sees: the request for Ostend went out at 300 ms, but it is due only at 500 ms

use std::future::poll_fn;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Semaphore;
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
        poll_fn(|context| self.turns.lock().unwrap().poll_tick(context)).await;
        request().await
    }
}
