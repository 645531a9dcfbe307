//! Mistake: it sleeps for a period after each answer, so the time of the answers comes on top and
//! the rate drifts.
//! Rejected by: core::the_time_of_an_answer_does_not_put_the_next_turn_off
//! Learner sees: the request for Cork went out at 130 ms, though it was due at 100 ms

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::sleep;

#[derive(Debug)]
pub struct RateLimiter {
    period: Duration,
    line: Mutex<()>,
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        Self {
            period,
            line: Mutex::new(()),
        }
    }

    pub async fn call<F, R>(&self, request: F) -> R::Output
    where
        F: FnOnce() -> R,
        R: Future,
    {
        let _first = self.line.lock().await;
        let answer = request().await;
        sleep(self.period).await;
        answer
    }
}
