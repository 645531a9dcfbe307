//! Mistake: the whole knows its parts by `Weak` references, so that those which are gone do not pile up. The work of a part
//! that was dropped may still be there.
//! Rejected by: pattern::closing_the_whole_waits_for_a_dropped_part_that_is_slow_to_go
//! Learner sees: `close` returned while telemetry was still alive, about to be cancelled

use std::sync::{Arc, Mutex, MutexGuard, Weak};
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
    background: Arc<Background>,
}

#[derive(Debug, Default)]
struct Background {
    at_work: TaskTracker,
    parts: Mutex<Vec<Weak<Background>>>,
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
        Self::ending(end)
    }

    #[must_use]
    pub fn part(&self, limit: Duration) -> Self {
        let own = Instant::now().checked_add(limit);
        let end = End {
            time_up: own.into_iter().chain(self.end.time_up).min(),
            cancelled: self.end.cancelled.child_token(),
        };
        let part = Self::ending(end);
        let mut parts = self.background.parts();
        parts.push(Arc::downgrade(&part.background));
        part
    }

    fn ending(end: End) -> Self {
        Self {
            _cancels: end.cancelled.clone().drop_guard(),
            end,
            background: Arc::default(),
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
        let end = self.end.clone();
        self.background.at_work.spawn(async move {
            let _ = end.comes_after(work).await;
        });
    }

    pub fn cancel(&self) {
        self.end.cancelled.cancel();
    }

    pub async fn close(self) {
        self.cancel();
        self.background.is_gone().await;
    }
}

impl Background {
    fn parts(&self) -> MutexGuard<'_, Vec<Weak<Self>>> {
        self.parts.lock().expect("nobody panics while it is held")
    }

    async fn is_gone(&self) {
        self.at_work.close();
        self.at_work.wait().await;
        let parts: Vec<_> = self.parts().iter().filter_map(Weak::upgrade).collect();
        for part in parts {
            Box::pin(part.is_gone()).await;
        }
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
