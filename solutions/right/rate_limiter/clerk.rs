//! Design: a task stands at the head of the line and calls one caller after another, with a place in its hand.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, sleep_until};

/// The line is a channel of callers. The clerk ends when the limiter is dropped, and with it the
/// sender.
#[derive(Debug)]
pub struct RateLimiter {
    line: UnboundedSender<Caller>,
}

/// Where somebody waits for a place.
type Caller = oneshot::Sender<OwnedSemaphorePermit>;

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        let (line, callers) = mpsc::unbounded_channel();
        tokio::spawn(clerk(callers, period, Arc::new(Semaphore::new(places))));
        Self { line }
    }

    pub async fn call<F, R>(&self, request: F) -> R::Output
    where
        F: FnOnce() -> R,
        R: Future,
    {
        let (caller, place) = oneshot::channel();
        self.line.send(caller).expect("the clerk is there");
        let _place = place.await.expect("the clerk serves all who wait");
        request().await
    }
}

async fn clerk(mut callers: UnboundedReceiver<Caller>, period: Duration, places: Arc<Semaphore>) {
    let mut next = Instant::now();
    while let Some(caller) = callers.recv().await {
        let place = Arc::clone(&places).acquire_owned().await;
        let due = next.max(Instant::now());
        sleep_until(due).await;
        // Whoever has given up takes nothing: the place comes back, and so does the turn.
        if caller.send(place.expect("nobody closes it")).is_ok() {
            next = due + period;
        }
    }
}
