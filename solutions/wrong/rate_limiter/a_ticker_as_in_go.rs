//! Mistake: a task ticks into a channel that holds one tick, as Go's ticker does. The tick that has
//! lain there is used late, and the next one is on time.
//! Rejected by: pattern::the_next_turn_is_counted_from_the_last_request
//! Learner sees: the request for Vigo went out at 300 ms, but it is due only at 370 ms

use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::task::AbortHandle;
use tokio::time::interval;

#[derive(Debug)]
pub struct RateLimiter {
    turns: Mutex<Receiver<()>>,
    places: Semaphore,
    ticker: AbortHandle,
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        let (tick, turns) = mpsc::channel(1);
        let ticker = tokio::spawn(async move {
            let mut ticks = interval(period);
            loop {
                ticks.tick().await;
                // Full: nobody has used the last one.
                let _ = tick.try_send(());
            }
        });
        Self {
            turns: Mutex::new(turns),
            places: Semaphore::new(places),
            ticker: ticker.abort_handle(),
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
        turns.recv().await;
        place
    }
}

impl Drop for RateLimiter {
    fn drop(&mut self) {
        self.ticker.abort();
    }
}
