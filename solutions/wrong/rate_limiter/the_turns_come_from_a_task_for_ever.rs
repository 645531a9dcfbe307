//! Mistake: a task puts a turn back a period after it was taken, and waits for ever when nobody can
//! take one any more.
//! Rejected by: pattern::a_dropped_limiter_leaves_no_task_behind
//! Learner sees: the limiter is gone, but 1 of its tasks would go on for ever

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct RateLimiter {
    turns: Arc<Semaphore>,
    taken: Arc<Notify>,
    places: Semaphore,
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        let turns = Arc::new(Semaphore::new(1));
        let taken = Arc::new(Notify::new());
        tokio::spawn(hand_out(Arc::clone(&turns), Arc::clone(&taken), period));
        Self {
            turns,
            taken,
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
        let place = self.places.acquire().await.unwrap();
        self.turns.acquire().await.unwrap().forget();
        self.taken.notify_one();
        place
    }
}

async fn hand_out(turns: Arc<Semaphore>, taken: Arc<Notify>, period: Duration) {
    let mut next = Instant::now();
    loop {
        taken.notified().await;
        if next + period < Instant::now() {
            next = Instant::now();
        }
        next += period;
        sleep_until(next).await;
        turns.add_permits(1);
    }
}
