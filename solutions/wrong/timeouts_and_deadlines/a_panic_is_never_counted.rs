//! Mistake: a task in the background counts itself in and out, and after a panic it never reaches the line that counts out.
//! Rejected by: pattern::a_panic_in_the_background_is_nothing_to_the_pass
//! Learner sees: `close` was called at 20 ms, and at 120 ms it still waits, although all background work is gone

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
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
    at_work: Vec<Arc<watch::Sender<usize>>>,
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
        Self::ending(end, &self.at_work)
    }

    fn ending(end: End, part_of: &[Arc<watch::Sender<usize>>]) -> Self {
        Self {
            _cancels: end.cancelled.clone().drop_guard(),
            end,
            at_work: [&[Arc::default()], part_of].concat(),
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
        let (end, at_work) = (self.end.clone(), self.at_work.clone());
        for count in &at_work {
            count.send_modify(|count| *count += 1);
        }
        tokio::spawn(async move {
            let _ = end.comes_after(work).await;
            for count in &at_work {
                count.send_modify(|count| *count -= 1);
            }
        });
    }

    pub fn cancel(&self) {
        self.end.cancelled.cancel();
    }

    pub async fn close(self) {
        self.cancel();
        let mut count = self.at_work[0].subscribe();
        let _ = count.wait_for(|count| *count == 0).await;
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
