//! Design: there is one turn, a permit, and whoever has sent a request leaves it with a task that keeps it for a period.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// A period that no program sees the end of. A longer one could be too long for the clock to add.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The semaphore's line is the line. A permit of one's own can be held while one waits for a place:
/// the period begins when the request goes out, and not before.
#[derive(Debug)]
pub struct RateLimiter {
    period: Duration,
    turn: Arc<Semaphore>,
    places: Semaphore,
    /// When the turn was to come back.
    next: Mutex<Instant>,
}

/// Later than this, and it was no timer that was late: nobody had asked, or no place was free.
const LATE: Duration = Duration::from_millis(5);

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        Self {
            period: period.min(FOR_EVER),
            turn: Arc::new(Semaphore::new(1)),
            places: Semaphore::new(places),
            next: Mutex::new(Instant::now()),
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
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        let place = self.places.acquire().await;
        // The last wait is over: from here on, nobody gives up.
        let next = self.plan();
        tokio::spawn(async move {
            sleep_until(next).await;
            drop(turn);
        });
        place.expect("nobody closes the semaphore")
    }

    /// Says when the turn after this one will be.
    fn plan(&self) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let due = if now > *next + LATE { now } else { *next };
        *next = due + self.period;
        *next
    }
}
