//! Mistake: all who wait sleep until the next turn and then look whether it is still there. There
//! is no line, so a caller that comes at that moment may be the first to look.
//! Rejected by: pattern::a_caller_that_comes_with_a_turn_stands_behind_those_who_wait
//! Learner sees: the request for Vigo went out at 300 ms, though it was due at 200 ms

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

/// Later than this, and it was no timer that was late.
const LATE: Duration = Duration::from_millis(5);

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
        let _place = self.places.acquire().await.unwrap();
        while let Err(next) = self.try_turn() {
            sleep_until(next).await;
        }
        request().await
    }

    /// Takes the turn, or says when to look again.
    fn try_turn(&self) -> Result<(), Instant> {
        let now = Instant::now();
        let mut next = self.next.lock().unwrap();
        if now < *next {
            return Err(*next);
        }
        let due = if now > *next + LATE { now } else { *next };
        *next = due + self.period;
        Ok(())
    }
}
