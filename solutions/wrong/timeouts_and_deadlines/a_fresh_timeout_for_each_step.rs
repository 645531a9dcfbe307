//! Mistake: the limit is kept as a duration, and every step gets all of it. Three steps take three times as long as
//! the pass.
//! Rejected by: core::three_steps_share_one_budget
//! Learner sees: download: a step of 20 ms should have been stopped with TimeUp at … ms, but it has been done at … ms

use std::time::Duration;

use tokio::time;
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
    limit: Duration,
    cancelled: CancellationToken,
}

impl Pass {
    pub fn new(limit: Duration) -> Self {
        let end = End {
            limit,
            cancelled: CancellationToken::new(),
        };
        Self::ending(end, &[])
    }

    #[must_use]
    pub fn part(&self, limit: Duration) -> Self {
        let end = End {
            limit: limit.min(self.end.limit),
            cancelled: self.end.cancelled.child_token(),
        };
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
        if self.end.cancelled.is_cancelled() {
            return Duration::ZERO;
        }
        self.end.limit
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
    async fn comes_after<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        let in_time = time::timeout(self.limit, work);
        match self.cancelled.run_until_cancelled(in_time).await {
            Some(Ok(done)) => Ok(done),
            Some(Err(_elapsed)) => Err(Stopped::TimeUp),
            None => Err(Stopped::Cancelled),
        }
    }
}
