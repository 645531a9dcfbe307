//! Mistake: `Notify::notify_waiters` wakes whoever waits now, and keeps nothing for those who come later.
//! Rejected by: core::a_pass_that_was_cancelled_between_two_steps_has_ended
//! Learner sees: login: a step of 20 ms should have been stopped with Cancelled at … ms, but it has been done at … ms

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{self, Instant};
use tokio_util::task::TaskTracker;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    TimeUp,
    Cancelled,
}

#[derive(Debug)]
pub struct Pass {
    end: End,
    trackers: Vec<TaskTracker>,
}

#[derive(Debug, Clone)]
struct End {
    time_up: Option<Instant>,
    cancelled: Vec<Arc<Notify>>,
}

impl Pass {
    pub fn new(limit: Duration) -> Self {
        Self::ending(Instant::now().checked_add(limit), &[], &[])
    }

    #[must_use]
    pub fn part(&self, limit: Duration) -> Self {
        let own = Instant::now().checked_add(limit);
        let time_up = own.into_iter().chain(self.end.time_up).min();
        Self::ending(time_up, &self.end.cancelled, &self.trackers)
    }

    fn ending(
        time_up: Option<Instant>,
        cancelled: &[Arc<Notify>],
        trackers: &[TaskTracker],
    ) -> Self {
        let own = TaskTracker::new();
        own.close();
        Self {
            end: End {
                time_up,
                cancelled: [&[Arc::default()], cancelled].concat(),
            },
            trackers: [&[own], trackers].concat(),
        }
    }

    pub fn time_left(&self) -> Duration {
        self.end.time_left()
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
        self.end.cancelled[0].notify_waiters();
    }

    pub async fn close(self) {
        self.cancel();
        self.trackers[0].wait().await;
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl End {
    fn time_left(&self) -> Duration {
        self.time_up.map_or(Duration::MAX, |moment| {
            moment.duration_since(Instant::now())
        })
    }

    async fn comes_after<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        if self.time_left().is_zero() {
            return Err(Stopped::TimeUp);
        }
        let told = self
            .cancelled
            .iter()
            .map(|cancelled| Box::pin(cancelled.notified()));
        tokio::select! {
            _ = futures::future::select_all(told) => Err(Stopped::Cancelled),
            done = time::timeout(self.time_left(), work) => done.map_err(|_| Stopped::TimeUp),
        }
    }
}
