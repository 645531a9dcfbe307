//! Mistake: one whole and its parts, as the first sketch has it. A part of a part gets the whole's end and the whole's count
//! as well, and outlives what it is part of.
//! Rejected by: stretch::a_part_of_a_part_ends_with_that_part
//! Learner sees: at … ms the pass should have 20 ms left, but `time_left` says 40ms

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
    at_work: TaskTracker,
    whole: Option<Whole>,
}

#[derive(Debug, Clone)]
struct Whole {
    end: End,
    at_work: TaskTracker,
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
        Self::ending(end, None)
    }

    #[must_use]
    pub fn part(&self, limit: Duration) -> Self {
        let whole = self.whole.clone().unwrap_or_else(|| Whole {
            end: self.end.clone(),
            at_work: self.at_work.clone(),
        });
        let own = Instant::now().checked_add(limit);
        let end = End {
            time_up: own.into_iter().chain(whole.end.time_up).min(),
            cancelled: whole.end.cancelled.child_token(),
        };
        Self::ending(end, Some(whole))
    }

    fn ending(end: End, whole: Option<Whole>) -> Self {
        let at_work = TaskTracker::new();
        at_work.close();
        Self {
            _cancels: end.cancelled.clone().drop_guard(),
            end,
            at_work,
            whole,
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
        let counted = (
            self.at_work.token(),
            self.whole.as_ref().map(|whole| whole.at_work.token()),
        );
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
        self.at_work.wait().await;
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
