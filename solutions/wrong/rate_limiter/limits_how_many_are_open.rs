//! Mistake: it bounds how many requests are open and calls that a rate: when the answers are quick,
//! requests follow quickly.
//! Rejected by: core::the_time_of_an_answer_does_not_put_the_next_turn_off
//! Learner sees: the request for Cork went out at 30 ms, but it is due only at 100 ms

use std::time::Duration;

use tokio::sync::Semaphore;

#[derive(Debug)]
pub struct RateLimiter {
    places: Semaphore,
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        Self {
            places: Semaphore::new(places),
        }
    }

    pub async fn call<F, R>(&self, request: F) -> R::Output
    where
        F: FnOnce() -> R,
        R: Future,
    {
        let _place = self.places.acquire().await;
        request().await
    }
}
