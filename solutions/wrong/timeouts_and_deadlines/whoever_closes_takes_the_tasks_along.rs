//! Mistake: the tasks of each pass are in a `JoinSet`, and whoever closes takes them out to wait for them. If a part is being
//! closed meanwhile, the whole finds it empty and does not wait.
//! Rejected by: stretch::closing_the_whole_waits_for_a_part_that_is_being_closed
//! Learner sees: `close` of the whole returned, while a part was being closed, but at … ms 1 is still alive of what it began

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{self, Instant};
use tokio_util::sync::{CancellationToken, DropGuard};

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
    at_work: Mutex<JoinSet<()>>,
    parts: Mutex<Vec<Arc<Background>>>,
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
        let mut parts = lock(&self.background.parts);
        parts.push(Arc::clone(&part.background));
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
        lock(&self.background.at_work).spawn(async move {
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
    async fn is_gone(&self) {
        let mut at_work = mem::take(&mut *lock(&self.at_work));
        while at_work.join_next().await.is_some() {}
        let parts = mem::take(&mut *lock(&self.parts));
        for part in parts {
            Box::pin(part.is_gone()).await;
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().expect("nobody panics while it is held")
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
