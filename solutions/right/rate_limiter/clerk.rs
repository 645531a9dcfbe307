//! Design: a task stands at the head of the line and calls one caller after another, with a place in its hand.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, sleep_until};

/// A period that no program sees the end of. A longer one could be too long for the clock to add.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The line is a channel of callers. The clerk ends when the limiter is dropped, and with it the
/// sender.
#[derive(Debug)]
pub struct RateLimiter {
    line: UnboundedSender<Caller>,
}

/// Where somebody waits to be called.
type Caller = oneshot::Sender<Called>;

/// To be called is not to go: a caller can give up when it has been called and has not run yet. So
/// the clerk waits until it says that it goes, or is gone.
#[derive(Debug)]
struct Called {
    place: OwnedSemaphorePermit,
    goes: oneshot::Sender<()>,
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        let (line, callers) = mpsc::unbounded_channel();
        let period = period.min(FOR_EVER);
        tokio::spawn(clerk(callers, period, Arc::new(Semaphore::new(places))));
        Self { line }
    }

    pub async fn call<F, R>(&self, request: F) -> R::Output
    where
        F: FnOnce() -> R,
        R: Future,
    {
        let (caller, called) = oneshot::channel();
        self.line.send(caller).expect("the clerk is there");
        let Called { place, goes } = called.await.expect("the clerk serves all who wait");
        let _place = place;
        goes.send(()).expect("the clerk waits for it");
        request().await
    }
}

async fn clerk(mut callers: UnboundedReceiver<Caller>, period: Duration, places: Arc<Semaphore>) {
    let mut next = Instant::now();
    while let Some(caller) = callers.recv().await {
        let place = Arc::clone(&places).acquire_owned().await;
        let place = place.expect("nobody closes it");
        let due = next.max(Instant::now());
        sleep_until(due).await;
        let (goes, went) = oneshot::channel();
        // Whoever has given up takes nothing: the place comes back, and so does the turn.
        let _ = caller.send(Called { place, goes });
        if went.await.is_ok() {
            next = due + period;
        }
    }
}
