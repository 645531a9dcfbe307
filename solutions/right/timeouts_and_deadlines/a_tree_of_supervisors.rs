//! Design: a task for each pass, which owns its background work in a `JoinSet`. A part's task is one of
//! those that the whole's task owns, so whoever waits for one has waited for all below it.

use std::future;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
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
    orders: UnboundedSender<Work>,
    /// Its sender is dropped when the supervisor is gone.
    gone: oneshot::Receiver<Never>,
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

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
        let (pass, supervisor) = Self::supervised(end);
        tokio::spawn(supervisor);
        pass
    }

    #[must_use]
    pub fn part(&self, limit: Duration) -> Self {
        let own = Instant::now().checked_add(limit);
        let end = End {
            time_up: own.into_iter().chain(self.end.time_up).min(),
            cancelled: self.end.cancelled.child_token(),
        };
        let (part, supervisor) = Self::supervised(end);
        // If the whole has ended, so has the part: it needs no supervisor any more.
        let _ = self.orders.send(supervisor);
        part
    }

    fn supervised(end: End) -> (Self, Work) {
        let (orders, incoming) = mpsc::unbounded_channel();
        let (at_the_end, gone) = oneshot::channel();
        let supervisor = {
            let end = end.clone();
            async move {
                let _at_the_end = at_the_end;
                supervise(&end, incoming).await;
            }
        };
        let pass = Self {
            _cancels: end.cancelled.clone().drop_guard(),
            end,
            orders,
            gone,
        };
        (pass, Box::pin(supervisor))
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
        let end = self.end.clone();
        let work = async move {
            let _ = end.or(work).await;
        };
        let _ = self.orders.send(Box::pin(work));
    }

    pub fn cancel(&self) {
        self.end.cancelled.cancel();
    }

    pub async fn close(self) {
        self.cancel();
        let _gone = self.gone.await;
    }
}

async fn supervise(end: &End, mut incoming: UnboundedReceiver<Work>) {
    let mut tasks = JoinSet::new();
    let take_orders = async {
        loop {
            tokio::select! {
                Some(work) = incoming.recv() => { tasks.spawn(work); }
                Some(_ended) = tasks.join_next() => {}
                else => future::pending().await,
            }
        }
    };
    let _: Result<(), Stopped> = end.or(take_orders).await;
    drop(incoming);
    // All of them know the end themselves.
    while tasks.join_next().await.is_some() {}
}

impl End {
    async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
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
