//! Mistake: it looks when the last request went out, sleeps for the rest of the period and then
//! writes the new time down: all who look meanwhile see the old one.
//! Rejected by: core::callers_that_ask_at_once_take_turns
//! Learner sees: the request for … went out at 100 ms, but it is due only at … ms

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct RateLimiter {
    period: Duration,
    next: Mutex<Instant>,
    places: Semaphore,
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        Self {
            period,
            next: Mutex::new(Instant::now()),
            places: Semaphore::new(places),
        }
    }

    pub async fn call<F, R>(&self, request: F) -> R::Output
    where
        F: FnOnce() -> R,
        R: Future,
    {
        let _place = self.places.acquire().await;
        let due = (*self.next.lock().unwrap()).max(Instant::now());
        sleep_until(due).await;
        *self.next.lock().unwrap() = due + self.period;
        request().await
    }
}
