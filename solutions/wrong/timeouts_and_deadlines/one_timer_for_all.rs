//! Mistake: a `Sleep` wakes one task, the last that polled it. Of several that wait for the same timer the others are never
//! told.
//! Rejected by: core::steps_may_be_taken_at_the_same_time
//! Learner sees: recording 1: a step of 80 ms should have been stopped with TimeUp at 50 ms, but it has been stopped with TimeUp at 80 ms

use std::future::{self, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::{self, Instant, Sleep};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    TimeUp,
    Cancelled,
}

#[derive(Debug)]
pub struct Pass {
    end: End,
    _cancels: DropGuard,
    trackers: Vec<TaskTracker>,
}

#[derive(Debug, Clone)]
struct End {
    time_up: Option<Instant>,
    timer: Option<Arc<Mutex<Timer>>>,
    cancelled: CancellationToken,
}

type Timer = Pin<Box<Sleep>>;

impl Pass {
    pub fn new(limit: Duration) -> Self {
        let time_up = Instant::now().checked_add(limit);
        let end = End::new(time_up, CancellationToken::new());
        Self::ending(end, &[])
    }

    #[must_use]
    pub fn part(&self, limit: Duration) -> Self {
        let own = Instant::now().checked_add(limit);
        let time_up = own.into_iter().chain(self.end.time_up).min();
        let end = End::new(time_up, self.end.cancelled.child_token());
        Self::ending(end, &self.trackers)
    }

    fn ending(end: End, part_of: &[TaskTracker]) -> Self {
        let own = TaskTracker::new();
        own.close();
        Self {
            _cancels: end.cancelled.clone().drop_guard(),
            end,
            trackers: [&[own], part_of].concat(),
        }
    }

    pub fn time_left(&self) -> Duration {
        match self.end.has_come() {
            Some(_) => Duration::ZERO,
            None => self.end.time_left(),
        }
    }

    pub async fn step<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        self.end.comes_after(work).await
    }

    pub fn start(&self, work: impl Future<Output = ()> + Send + 'static) {
        let counted: Vec<_> = self.trackers.iter().map(TaskTracker::token).collect();
        let end = self.end.clone();
        tokio::spawn(async move {
            let _counted = counted;
            let _ = end.comes_after(work).await;
        });
    }

    pub fn cancel(&self) {
        self.end.cancelled.cancel();
    }

    pub async fn close(self) {
        self.cancel();
        self.trackers[0].wait().await;
    }
}

impl End {
    fn new(time_up: Option<Instant>, cancelled: CancellationToken) -> Self {
        let timer = |moment| Arc::new(Mutex::new(Box::pin(time::sleep_until(moment))));
        Self {
            time_up,
            timer: time_up.map(timer),
            cancelled,
        }
    }

    fn has_come(&self) -> Option<Stopped> {
        if self.cancelled.is_cancelled() {
            Some(Stopped::Cancelled)
        } else if self.time_left().is_zero() {
            Some(Stopped::TimeUp)
        } else {
            None
        }
    }

    fn time_left(&self) -> Duration {
        self.time_up.map_or(Duration::MAX, |moment| {
            moment.duration_since(Instant::now())
        })
    }

    async fn comes_after<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        if let Some(stopped) = self.has_come() {
            return Err(stopped);
        }
        tokio::select! {
            biased;
            () = self.cancelled.cancelled() => Err(Stopped::Cancelled),
            () = self.time_is_up() => Err(Stopped::TimeUp),
            done = work => Ok(done),
        }
    }

    async fn time_is_up(&self) {
        match &self.timer {
            Some(timer) => poll_fn(|context| lock(timer).as_mut().poll(context)).await,
            None => future::pending().await,
        }
    }
}

fn lock(timer: &Mutex<Timer>) -> MutexGuard<'_, Timer> {
    timer.lock().expect("nobody panics while it is held")
}
