//! Design: one future for the end, whichever comes, and `select!` to race against it; a channel
//! through which nothing is ever sent counts who is at work.

use std::future;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender, WeakSender};
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
    /// Each piece of work has a clone of it.
    at_work: Sender<Never>,
    /// Hears that the last clone is gone.
    nobody_at_work: Receiver<Never>,
    /// Work of a part counts for those that it is part of. A part that idles keeps nobody waiting.
    part_of: Vec<WeakSender<Never>>,
}

#[derive(Debug)]
enum Never {}

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
        Self::ending(end, Vec::new())
    }

    #[must_use]
    pub fn part(&self, limit: Duration) -> Self {
        let own = Instant::now().checked_add(limit);
        let end = End {
            time_up: match (own, self.end.time_up) {
                (Some(own), Some(whole)) => Some(own.min(whole)),
                (own, whole) => own.or(whole),
            },
            cancelled: self.end.cancelled.child_token(),
        };
        let mut part_of = self.part_of.clone();
        part_of.push(self.at_work.downgrade());
        Self::ending(end, part_of)
    }

    fn ending(end: End, part_of: Vec<WeakSender<Never>>) -> Self {
        let (at_work, nobody_at_work) = mpsc::channel(1);
        Self {
            _cancels: end.cancelled.clone().drop_guard(),
            end,
            at_work,
            nobody_at_work,
            part_of,
        }
    }

    pub fn time_left(&self) -> Duration {
        match self.end.time_up {
            _ if self.end.cancelled.is_cancelled() => Duration::ZERO,
            Some(moment) => moment.duration_since(Instant::now()),
            None => Duration::MAX,
        }
    }

    pub async fn step<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        self.end.or(work).await
    }

    pub fn start(&self, work: impl Future<Output = ()> + Send + 'static) {
        let wholes = self.part_of.iter().filter_map(WeakSender::upgrade);
        let at_work: Vec<_> = wholes.chain([self.at_work.clone()]).collect();
        let end = self.end.clone();
        tokio::spawn(async move {
            let _at_work = at_work;
            let _ = end.or(work).await;
        });
    }

    pub fn cancel(&self) {
        self.end.cancelled.cancel();
    }

    pub async fn close(mut self) {
        self.cancel();
        drop(self.at_work);
        let _closed = self.nobody_at_work.recv().await;
    }
}

impl End {
    async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        // In this order: whoever has ended already begins nothing.
        tokio::select! {
            biased;
            () = self.cancelled.cancelled() => Err(Stopped::Cancelled),
            () = self.time_is_up() => Err(Stopped::TimeUp),
            done = work => Ok(done),
        }
    }

    async fn time_is_up(&self) {
        match self.time_up {
            Some(moment) => time::sleep_until(moment).await,
            None => future::pending().await,
        }
    }
}
