//! Mistake: a task keeps those who wait in a `Vec` and pops: the last to ask is served first.
//! Rejected by: pattern::callers_are_served_in_the_order_in_which_they_asked
//! Learner sees: the request for … went out at … ms, … due … ms

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct RateLimiter {
    line: UnboundedSender<Caller>,
}

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

type Caller = oneshot::Sender<OwnedSemaphorePermit>;

async fn clerk(mut callers: UnboundedReceiver<Caller>, period: Duration, places: Arc<Semaphore>) {
    let mut next = Instant::now();
    let mut waiting = Vec::new();
    while let Some(caller) = callers.recv().await {
        waiting.push(caller);
        while !waiting.is_empty() {
            let place = Arc::clone(&places).acquire_owned().await.unwrap();
            let due = next.max(Instant::now());
            sleep_until(due).await;
            while let Ok(caller) = callers.try_recv() {
                waiting.push(caller);
            }
            if waiting.pop().unwrap().send(place).is_ok() {
                next = due + period;
            }
        }
    }
}
