//! Mistake: `close` waits and does not tell the background work to stop. So the work goes on until the time is up.
//! Rejected by: pattern::close_waits_until_the_background_is_gone
//! Learner sees: `close` was called at 20 ms, and returned at 50 ms: it waited for what it had not cancelled

use std::time::Duration;

use tokio::time::{self, Instant};
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
    cancelled: CancellationToken,
}

impl Pass {
    pub fn new(limit: Duration) -> Self {
        let end = End {
            time_up: Instant::now().checked_add(limit),
            cancelled: CancellationToken::new(),
        };
        Self::ending(end, &[])
    }

    #[must_use]
    pub fn part(&self, limit: Duration) -> Self {
        let own = Instant::now().checked_add(limit);
        let end = End {
            time_up: own.into_iter().chain(self.end.time_up).min(),
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
        self.trackers[0].wait().await;
    }
}

impl End {
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
        let in_time = async {
            match self.time_up {
                Some(moment) => time::timeout_at(moment, work).await,
                None => Ok(work.await),
            }
        };
        match self.cancelled.run_until_cancelled(in_time).await {
            Some(Ok(done)) => Ok(done),
            Some(Err(_elapsed)) => Err(Stopped::TimeUp),
            None => Err(Stopped::Cancelled),
        }
    }
}
