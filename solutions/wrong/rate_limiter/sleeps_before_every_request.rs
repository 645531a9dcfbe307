//! Mistake: it sleeps for a period before each request: also before the first, and after a quiet
//! hour, when there is nothing to wait for.
//! Rejected by: core::the_first_request_goes_out_at_once
//! Learner sees: the request for Brest went out at 100 ms, though it was due at 0 ms

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::sleep;

#[derive(Debug)]
pub struct RateLimiter {
    period: Duration,
    line: Mutex<()>,
    places: Semaphore,
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        Self {
            period,
            line: Mutex::new(()),
            places: Semaphore::new(places),
        }
    }

    pub async fn call<F, R>(&self, request: F) -> R::Output
    where
        F: FnOnce() -> R,
        R: Future,
    {
        let _place = self.turn().await;
        request().await
    }

    async fn turn(&self) -> SemaphorePermit<'_> {
        let _first = self.line.lock().await;
        let place = self.places.acquire().await.unwrap();
        sleep(self.period).await;
        place
    }
}
