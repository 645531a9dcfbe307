//! A pass is a moment and a token. Both are handed down: a part's moment is the earlier of two, its
//! token a child. Whatever runs races against these two and nothing else.

use std::time::Duration;

use tokio::time::{self, Instant};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Why a pass has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The time is up.
    TimeUp,
    /// It was cancelled, or a pass that it is part of was.
    Cancelled,
}

/// A stretch of time for some work, which can be ended early. It may have parts, and these have parts.
#[derive(Debug)]
pub struct Pass {
    end: End,
    /// Whoever loses the pass, at a `?` or because it is dropped itself, has cancelled it.
    _cancels: DropGuard,
    /// Counts the background work of this pass and its parts. Those of the passes that it is part of
    /// follow, for they count its work as well.
    trackers: Vec<TaskTracker>,
}

/// What ends a pass. It is cheap to clone, so a task can take it along.
#[derive(Debug, Clone)]
struct End {
    /// A moment, not a duration: it is as far away for whoever looks at it later as it should be.
    /// There is none if the clock cannot count that far.
    time_up: Option<Instant>,
    cancelled: CancellationToken,
}

impl Pass {
    /// A pass that begins now and whose time is up after `limit`.
    pub fn new(limit: Duration) -> Self {
        let end = End {
            time_up: Instant::now().checked_add(limit),
            cancelled: CancellationToken::new(),
        };
        Self::ending(end, &[])
    }

    /// A part that begins now. Its time is up after `limit`, but never later than that of the whole.
    #[must_use]
    pub fn part(&self, limit: Duration) -> Self {
        let own = Instant::now().checked_add(limit);
        let end = End {
            // `None` is later than any moment, which is not how `Option` compares.
            time_up: own.into_iter().chain(self.end.time_up).min(),
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

    /// How long until its time is up; zero once the pass has ended.
    pub fn time_left(&self) -> Duration {
        match self.end.has_come() {
            Some(_) => Duration::ZERO,
            None => self.end.time_left(),
        }
    }

    /// Does one step: returns what `work` comes to, unless the pass ends first.
    ///
    /// # Errors
    /// Why the pass has ended.
    pub async fn step<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        self.end.comes_after(work).await
    }

    /// Runs `work` in the background until it is done or the pass ends.
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

    /// Cancels the pass.
    pub fn cancel(&self) {
        self.end.cancelled.cancel();
    }

    /// Ends the pass, and returns once all background work of it and of its parts is gone.
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
        // A moment that has passed is zero away.
        self.time_up.map_or(Duration::MAX, |moment| {
            moment.duration_since(Instant::now())
        })
    }

    /// Runs `work`, unless this end comes first.
    async fn comes_after<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        // `timeout_at` polls the work before it looks at the clock. Work that is ready at once would
        // be done, long after the time was up.
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
