//! Mistake: a request that is done hands its place to the first in a line of its own making, and does
//! not look whether anybody is still there to take it.
//! Rejected by: pattern::a_caller_that_gives_up_for_want_of_a_place_leaves_the_line
//! Learner sees: the request for Vigo, due at 450 ms, never had an answer

use std::collections::VecDeque;
use std::sync::Mutex as StdMutex;
use std::time::Duration;

use tokio::sync::{Mutex, oneshot};
use tokio::time::{Interval, MissedTickBehavior, interval};

#[derive(Debug)]
pub struct RateLimiter {
    turns: Mutex<Interval>,
    places: StdMutex<Places>,
}

#[derive(Debug)]
struct Places {
    free: usize,
    line: VecDeque<oneshot::Sender<()>>,
}

struct Place<'a>(&'a StdMutex<Places>);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut places = self.0.lock().unwrap();
        match places.line.pop_front() {
            Some(next) => _ = next.send(()),
            None => places.free += 1,
        }
    }
}

impl RateLimiter {
    pub fn new(period: Duration, places: usize) -> Self {
        assert!(!period.is_zero() && places > 0);
        let mut turns = interval(period);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            turns: Mutex::new(turns),
            places: StdMutex::new(Places {
                free: places,
                line: VecDeque::new(),
            }),
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

    async fn turn(&self) -> Place<'_> {
        let mut turns = self.turns.lock().await;
        let place = self.place().await;
        turns.tick().await;
        place
    }

    async fn place(&self) -> Place<'_> {
        if let Some(told) = self.stand_in_line() {
            told.await.unwrap();
        }
        Place(&self.places)
    }

    fn stand_in_line(&self) -> Option<oneshot::Receiver<()>> {
        let mut places = self.places.lock().unwrap();
        if places.free > 0 {
            places.free -= 1;
            return None;
        }
        let (tell, told) = oneshot::channel();
        places.line.push_back(tell);
        Some(told)
    }
}
