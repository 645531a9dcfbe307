//! Mistake: it counts open requests and looks every ten milliseconds whether there is a place again.
//! Nobody is woken when there is one, so it stays empty for a while, and the looking never ends.
//! Rejected by: pattern::no_more_requests_are_open_than_there_are_places
//! Learner sees: the request for Vigo went out at 360 ms, though it was due at 357 ms

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

#[derive(Debug)]
pub struct RateLimiter {
    turns: Mutex<Interval>,
    places: usize,
    open: AtomicUsize,
}

/// An open request.
struct Open<'a>(&'a AtomicUsize);

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        let mut turns = interval(period);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            turns: Mutex::new(turns),
            places,
            open: AtomicUsize::new(0),
        }
    }

    pub async fn call<F, R>(&self, request: F) -> R::Output
    where
        F: FnOnce() -> R,
        R: Future,
    {
        let _open = self.turn().await;
        request().await
    }

    async fn turn(&self) -> Open<'_> {
        let mut turns = self.turns.lock().await;
        // Only the first in line gets here, so nobody else can take the place.
        while self.open.load(Ordering::Relaxed) >= self.places {
            sleep(Duration::from_millis(10)).await;
        }
        turns.tick().await;
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(&self.open)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
