//! Mistake: the next turn is the last one and a period. If the period is as long as a `Duration`
//! can be, that addition panics.
//! Rejected by: pattern::a_period_may_be_so_long_that_no_second_request_is_due
//! Learner sees: the call for Brest, due at 0 ms, panicked at 0 ms: overflow when adding duration to instant

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as StdMutex};
use std::time::Duration;

use tokio::sync::{Mutex, Notify, OwnedSemaphorePermit, Semaphore, SemaphorePermit, mpsc, oneshot};
use tokio::time::{self, Instant, Interval, MissedTickBehavior, interval};

#[derive(Debug)]
pub struct RateLimiter {
    period: Duration,
    next: Mutex<Option<Instant>>,
    places: Semaphore,
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero(), "turns without a period have no rate");
        assert!(places > 0, "without a place, nothing could be sent");
        Self {
            period,
            next: Mutex::new(Some(Instant::now())),
            places: Semaphore::new(places.min(Semaphore::MAX_PERMITS)),
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
        let mut next = self.next.lock().await;
        let place = self.places.acquire().await.expect("never closed");
        // `None`: the clock cannot count that far, so the next turn never comes.
        let Some(turn) = *next else {
            std::future::pending().await
        };
        let due = turn.max(Instant::now());
        time::sleep_until(due).await;
        *next = Some(due + self.period);
        place
    }
}
