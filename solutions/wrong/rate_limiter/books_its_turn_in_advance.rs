//! Mistake: it writes down when the next turn will be and then sleeps until its own: a caller
//! that gives up has used a turn up all the same.
//! Rejected by: pattern::a_caller_that_gives_up_has_used_up_no_turn
//! Learner sees: the request for Vigo went out at 200 ms, though it was due at 100 ms

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
        sleep_until(self.book()).await;
        request().await
    }

    fn book(&self) -> Instant {
        let mut next = self.next.lock().unwrap();
        let due = (*next).max(Instant::now());
        *next = due + self.period;
        due
    }
}
