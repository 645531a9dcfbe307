//! Mistake: it counts open requests up and down by hand: a request that is dropped never gets to
//! the line that counts down.
//! Rejected by: pattern::a_request_that_is_dropped_gives_its_place_back
//! Learner sees: the request for Cork, due at 250 ms, never had an answer

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, Notify};
use tokio::time::{Interval, MissedTickBehavior, interval};

#[derive(Debug)]
pub struct RateLimiter {
    turns: Mutex<Interval>,
    places: usize,
    open: AtomicUsize,
    answered: Notify,
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        let mut turns = interval(period);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            turns: Mutex::new(turns),
            places,
            open: AtomicUsize::new(0),
            answered: Notify::new(),
        }
    }

    pub async fn call<F, R>(&self, request: F) -> R::Output
    where
        F: FnOnce() -> R,
        R: Future,
    {
        self.turn().await;
        let answer = request().await;
        self.open.fetch_sub(1, Ordering::Relaxed);
        self.answered.notify_one();
        answer
    }

    async fn turn(&self) {
        let mut turns = self.turns.lock().await;
        while self.open.load(Ordering::Relaxed) >= self.places {
            self.answered.notified().await;
        }
        turns.tick().await;
        self.open.fetch_add(1, Ordering::Relaxed);
    }
}
