//! Mistake: it takes the permit out of its guard, makes the request, and only then makes a guard
//! that gives the place back. If making the request panics, the place is lost.
//! Rejected by: pattern::a_request_that_panics_when_it_is_made_gives_its_place_back
//! Learner sees: the request for Brest, due at 100 ms, never had an answer

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
        self.turn().await.forget();
        let sent = request();
        struct Back<'a>(&'a Semaphore);
        impl Drop for Back<'_> {
            fn drop(&mut self) {
                self.0.add_permits(1)
            }
        }
        let _place = Back(&self.places);
        sent.await
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
        *next = due.checked_add(self.period);
        place
    }
}
