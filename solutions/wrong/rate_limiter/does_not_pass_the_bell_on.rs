//! Mistake: each caller in line has a bell, and the one in front rings it when it leaves. A caller
//! that gives up when its bell has rung, and before it has looked, rings no other.
//! Rejected by: stretch::a_caller_that_gives_up_when_it_moves_up_leaves_the_line_to_the_next
//! Learner sees: the request for Cadiz, due at 300 ms, never had an answer

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as StdMutex};
use std::time::Duration;

use tokio::sync::{Mutex, Notify, OwnedSemaphorePermit, Semaphore, SemaphorePermit, mpsc, oneshot};
use tokio::time::{self, Instant, Interval, MissedTickBehavior, interval};

#[derive(Debug)]
pub struct RateLimiter {
    period: Duration,
    state: StdMutex<State>,
    places: Semaphore,
}
#[derive(Debug)]
struct State {
    next: Option<Instant>,
    line: VecDeque<oneshot::Sender<()>>,
    busy: bool,
}
impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero(), "turns without a period have no rate");
        assert!(places > 0, "without a place, nothing could be sent");
        Self {
            period,
            state: StdMutex::new(State {
                next: Some(Instant::now()),
                line: VecDeque::new(),
                busy: false,
            }),
            places: Semaphore::new(places),
        }
    }
    pub async fn call<F, R>(&self, request: F) -> R::Output
    where
        F: FnOnce() -> R,
        R: Future,
    {
        let bell = {
            let mut s = self.state.lock().unwrap();
            if s.busy {
                let (tx, rx) = oneshot::channel();
                s.line.push_back(tx);
                Some(rx)
            } else {
                s.busy = true;
                None
            }
        };
        if let Some(bell) = bell {
            let _ = bell.await;
        }
        // From here on this one is the first in line, and whoever drops it must ring for the next.
        struct First<'a>(&'a RateLimiter);
        impl Drop for First<'_> {
            fn drop(&mut self) {
                let mut s = self.0.state.lock().unwrap();
                while let Some(next) = s.line.pop_front() {
                    if next.send(()).is_ok() {
                        return;
                    }
                }
                s.busy = false;
            }
        }
        let first = First(self);
        let _place = self.places.acquire().await.unwrap();
        let turn = self.state.lock().unwrap().next;
        let Some(turn) = turn else {
            std::future::pending().await
        };
        let due = turn.max(Instant::now());
        time::sleep_until(due).await;
        self.state.lock().unwrap().next = due.checked_add(self.period);
        drop(first);
        request().await
    }
}
