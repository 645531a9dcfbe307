//! Mistake: a clerk counts a turn as used when the caller has been called. Between that and the
//! moment at which the caller runs it can still give up, and nobody uses the turn.
//! Rejected by: stretch::a_caller_that_gives_up_when_its_turn_has_come_leaves_it_to_the_next
//! Learner sees: the request for Vigo went out at 200 ms, though it was due at 100 ms

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct RateLimiter {
    line: UnboundedSender<Caller>,
}

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
        self.line.send(caller).unwrap();
        let _place = place.await.unwrap();
        request().await
    }
}

async fn clerk(mut callers: UnboundedReceiver<Caller>, period: Duration, places: Arc<Semaphore>) {
    let mut next = Instant::now();
    while let Some(caller) = callers.recv().await {
        let place = Arc::clone(&places).acquire_owned().await;
        let due = next.max(Instant::now());
        sleep_until(due).await;
        // An error means that the caller has gone. `Ok` means only that it was there a moment ago.
        if caller.send(place.unwrap()).is_ok() {
            next = due + period;
        }
    }
}
