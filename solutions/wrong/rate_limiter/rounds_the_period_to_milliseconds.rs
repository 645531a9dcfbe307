//! Mistake: it keeps the period in whole milliseconds: a third of a second becomes 333 ms, and the
//! requests are a little too many.
//! Rejected by: stretch::milliseconds_that_a_timer_rounds_up_do_not_add_up
//! Learner sees: the request for harbour 1 went out at 333 ms, but it is due only at 334 ms

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Interval, MissedTickBehavior, interval};

#[derive(Debug)]
pub struct RateLimiter {
    turns: Mutex<Interval>,
    places: Semaphore,
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        let period = u64::try_from(period.as_millis()).unwrap().max(1);
        let mut turns = interval(Duration::from_millis(period));
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
        let _place = self.turn().await;
        request().await
    }

    async fn turn(&self) -> SemaphorePermit<'_> {
        let mut turns = self.turns.lock().await;
        let place = self.places.acquire().await.unwrap();
        turns.tick().await;
        place
    }
}
