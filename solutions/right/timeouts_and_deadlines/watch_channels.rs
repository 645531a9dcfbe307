//! Design: tokio alone. A watch channel says that a pass was cancelled, also when it is dropped: then
//! its sender is. A second one counts: `closed` waits until its last receiver is gone.

use std::future;
use std::sync::Arc;
use std::time::Duration;

use futures::future::select_all;
use tokio::sync::watch;
use tokio::time::{self, Instant};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    TimeUp,
    Cancelled,
}

#[derive(Debug)]
pub struct Pass {
    cancels: watch::Sender<bool>,
    end: End,
    /// Own first, then those of the passes that it is part of.
    at_work: Vec<Arc<watch::Sender<()>>>,
}

#[derive(Debug, Clone)]
struct End {
    time_up: Option<Instant>,
    /// Own first, then those of the passes that it is part of.
    cancelled: Vec<watch::Receiver<bool>>,
}

impl Pass {
    pub fn new(limit: Duration) -> Self {
        Self::ending(Instant::now().checked_add(limit), &[], &[])
    }

    #[must_use]
    pub fn part(&self, limit: Duration) -> Self {
        let own = Instant::now().checked_add(limit);
        let time_up = own.into_iter().chain(self.end.time_up).min();
        Self::ending(time_up, &self.end.cancelled, &self.at_work)
    }

    fn ending(
        time_up: Option<Instant>,
        cancelled: &[watch::Receiver<bool>],
        at_work: &[Arc<watch::Sender<()>>],
    ) -> Self {
        let (cancels, own) = watch::channel(false);
        Self {
            cancels,
            end: End {
                time_up,
                cancelled: [&[own], cancelled].concat(),
            },
            at_work: [&[Arc::default()], at_work].concat(),
        }
    }

    pub fn time_left(&self) -> Duration {
        match self.end.reason() {
            Some(_) => Duration::ZERO,
            None => self.end.time_left(),
        }
    }

    pub async fn step<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        self.end.clone().stops(work).await
    }

    pub fn start(&self, work: impl Future<Output = ()> + Send + 'static) {
        let at_work: Vec<_> = self.at_work.iter().map(|count| count.subscribe()).collect();
        let end = self.end.clone();
        tokio::spawn(async move {
            let _at_work = at_work;
            let _ = end.stops(work).await;
        });
    }

    pub fn cancel(&self) {
        self.cancels.send_replace(true);
    }

    pub async fn close(self) {
        self.cancel();
        self.at_work[0].closed().await;
    }
}

impl End {
    fn reason(&self) -> Option<Stopped> {
        let cancelled = |cancelled: &watch::Receiver<bool>| {
            // The sender is gone, and its pass with it.
            *cancelled.borrow() || cancelled.has_changed().is_err()
        };
        if self.cancelled.iter().any(cancelled) {
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

    async fn stops<T>(mut self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        if let Some(reason) = self.reason() {
            return Err(reason);
        }
        let told = self
            .cancelled
            .iter_mut()
            .map(|cancelled| Box::pin(cancelled.wait_for(|cancelled| *cancelled)));
        let time_is_up = async {
            match self.time_up {
                Some(moment) => time::sleep_until(moment).await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            _ = select_all(told) => Err(Stopped::Cancelled),
            () = time_is_up => Err(Stopped::TimeUp),
            done = work => Ok(done),
        }
    }
}
