//! Mistake: a task waits until the time is up, and `close` ends it. A pass that is cancelled or dropped leaves it behind.
//! Rejected by: pattern::nothing_is_left_of_a_dropped_pass
//! Learner sees: it was dropped, but 2 are left of its tasks, and waiting

use std::time::Duration;

use tokio::task::JoinHandle;
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
    timer: Option<JoinHandle<()>>,
}

#[derive(Debug, Clone)]
struct End {
    time_up: Option<Instant>,
    time_is_up: CancellationToken,
    cancelled: CancellationToken,
}

impl Pass {
    pub fn new(limit: Duration) -> Self {
        let end = End {
            time_up: Instant::now().checked_add(limit),
            time_is_up: CancellationToken::new(),
            cancelled: CancellationToken::new(),
        };
        Self::ending(end, &[])
    }

    #[must_use]
    pub fn part(&self, limit: Duration) -> Self {
        let own = Instant::now().checked_add(limit);
        let end = End {
            time_up: own.into_iter().chain(self.end.time_up).min(),
            time_is_up: CancellationToken::new(),
            cancelled: self.end.cancelled.child_token(),
        };
        Self::ending(end, &self.trackers)
    }

    fn ending(end: End, part_of: &[TaskTracker]) -> Self {
        let own = TaskTracker::new();
        own.close();
        let time_is_up = CancellationToken::new();
        let timer = end.time_up.map(|moment| {
            let time_is_up = time_is_up.clone();
            tokio::spawn(async move {
                time::sleep_until(moment).await;
                time_is_up.cancel();
            })
        });
        let end = End { time_is_up, ..end };
        Self {
            _cancels: end.cancelled.clone().drop_guard(),
            end,
            trackers: [&[own], part_of].concat(),
            timer,
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
        if let Some(timer) = &self.timer {
            timer.abort();
        }
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
        let in_time = self.time_is_up.run_until_cancelled(work);
        match self.cancelled.run_until_cancelled(in_time).await {
            Some(Some(done)) => Ok(done),
            Some(None) => Err(Stopped::TimeUp),
            None => Err(Stopped::Cancelled),
        }
    }
}
