//! Mistake: the limit is kept as it was given, and each step adds it to the moment of the beginning, which no clock can do with `Duration::MAX`.
//! Rejected by: pattern::the_longest_limit_is_no_limit
//! Learner sees: `step` of a pass without a limit panicked, but every limit is allowed: overflow when adding duration to instant

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
    limits: Vec<(Instant, Duration)>,
    cancelled: CancellationToken,
}

impl Pass {
    pub fn new(limit: Duration) -> Self {
        let end = End {
            limits: vec![(Instant::now(), limit)],
            cancelled: CancellationToken::new(),
        };
        Self::ending(end, &[])
    }

    #[must_use]
    pub fn part(&self, limit: Duration) -> Self {
        let own = (Instant::now(), limit);
        let end = End {
            limits: [&[own], self.end.limits.as_slice()].concat(),
            // Cancelling goes down the tree. A clone would be the same token, and the part could
            // cancel the whole.
            cancelled: self.end.cancelled.child_token(),
        };
        Self::ending(end, &self.trackers)
    }

    fn ending(end: End, part_of: &[TaskTracker]) -> Self {
        let own = TaskTracker::new();
        // Nobody can wait before `close` does, and by then it must be closed.
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
        // One task, in the count of every pass that has to wait for it.
        let counted: Vec<_> = self.trackers.iter().map(TaskTracker::token).collect();
        let end = self.end.clone();
        tokio::spawn(async move {
            // Dropped last, also in a panic: when the count falls, the work is gone.
            let _counted = counted;
            // Nobody asks how it ended.
            let _ = end.comes_after(work).await;
        });
    }

    pub fn cancel(&self) {
        self.end.cancelled.cancel();
    }

    pub async fn close(self) {
        // Telling, then waiting: neither does the other's work.
        self.cancel();
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
        let left = self
            .limits
            .iter()
            .map(|(since, limit)| limit.saturating_sub(since.elapsed()));
        left.min().unwrap_or_default()
    }

    async fn comes_after<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        // `timeout_at` polls the work before it looks at the clock. Work that is ready at once would
        // be done, long after the time was up.
        if let Some(stopped) = self.has_come() {
            return Err(stopped);
        }
        let in_time = async {
            let ends = self.limits.iter().map(|(since, limit)| *since + *limit);
            time::timeout_at(ends.min().expect("its own at least"), work).await
        };
        match self.cancelled.run_until_cancelled(in_time).await {
            Some(Ok(done)) => Ok(done),
            Some(Err(_elapsed)) => Err(Stopped::TimeUp),
            None => Err(Stopped::Cancelled),
        }
    }
}
