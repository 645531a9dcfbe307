//! Mistake: it takes the permit out of its guard before the wait for the turn, and the guard that
//! gives the place back is made after it: whoever gives up in between takes a place along.
//! Rejected by: pattern::a_caller_that_gives_up_with_a_place_in_its_hand_gives_it_back
//! Learner sees: the request for Vigo, due at 100 ms, never had an answer

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Interval, MissedTickBehavior, interval};

#[derive(Debug)]
pub struct RateLimiter {
    turns: Mutex<Interval>,
    places: Semaphore,
}

/// An open request.
struct Open<'a>(&'a Semaphore);

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        let mut turns = interval(period);
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
        self.turn().await;
        let _open = Open(&self.places);
        request().await
    }

    async fn turn(&self) {
        let mut turns = self.turns.lock().await;
        self.places.acquire().await.unwrap().forget();
        turns.tick().await;
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}
