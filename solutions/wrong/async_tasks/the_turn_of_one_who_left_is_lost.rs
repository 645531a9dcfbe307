//! Mistake: the turn is sent to the next in line, and is lost if that refresh is dropped before it has received it.
//! Rejected by: pattern::who_gives_up_as_the_turn_comes_passes_it_on
//! Learner sees: a refresh in line was dropped just as its turn had come, and the one behind it never returned

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};
use tokio::{join, time};

pub trait Services: Send + Sync + 'static {
    fn orders(&self) -> impl Future<Output = u32> + Send;
    fn ovens(&self) -> impl Future<Output = Vec<u16>> + Send;
    fn flour(&self) -> impl Future<Output = u32> + Send;
    fn vans(&self) -> impl Future<Output = Vec<String>> + Send;
    fn till(&self) -> impl Future<Output = u64> + Send;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dashboard {
    pub orders: u32,
    pub ovens: Vec<u16>,
    pub flour: u32,
    pub vans: Vec<String>,
    pub till: u64,
}

pub struct Panel<S> {
    services: S,
    line: Mutex<(
        bool,
        std::collections::VecDeque<tokio::sync::oneshot::Sender<()>>,
    )>,
    latest: Mutex<Option<Dashboard>>,
}

impl<S: Services> Panel<S> {
    pub fn new(services: S) -> Self {
        Self {
            services,
            line: Mutex::default(),
            latest: Mutex::new(None),
        }
    }

    pub async fn refresh(&self) -> Dashboard {
        let wait = {
            let mut line = self.line.lock().unwrap();
            if line.0 {
                let (tx, rx) = tokio::sync::oneshot::channel();
                line.1.push_back(tx);
                Some(rx)
            } else {
                line.0 = true;
                None
            }
        };
        if let Some(rx) = wait {
            rx.await.unwrap();
        }
        let _turn = Turn(&self.line);
        // Five futures in one: `join!` polls them all, so they may borrow `self`, and they are
        // dropped with this future. A spawned task could do neither.
        let (orders, ovens, flour, vans, till) = join!(
            self.services.orders(),
            self.services.ovens(),
            self.services.flour(),
            self.services.vans(),
            self.services.till(),
        );
        let dashboard = Dashboard {
            orders,
            ovens,
            flour,
            vans,
            till,
        };
        // In one step, when all is there: whoever looks sees a whole round of questions.
        *self.last() = Some(dashboard.clone());
        dashboard
    }

    pub fn latest(&self) -> Option<Dashboard> {
        self.last().clone()
    }

    fn last(&self) -> MutexGuard<'_, Option<Dashboard>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub fn keep_fresh<S: Services>(panel: Arc<Panel<S>>, rest: Duration) -> Refresher {
    let task = tokio::spawn(async move {
        loop {
            panel.refresh().await;
            time::sleep(rest).await;
        }
    });
    Refresher { task }
}

struct Turn<'a>(
    &'a Mutex<(
        bool,
        std::collections::VecDeque<tokio::sync::oneshot::Sender<()>>,
    )>,
);
impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut line = self.0.lock().unwrap();
        while let Some(next) = line.1.pop_front() {
            if next.send(()).is_ok() {
                return;
            }
        }
        line.0 = false;
    }
}
#[must_use = "the panel is kept fresh only as long as this lives"]
pub struct Refresher {
    task: JoinHandle<()>,
}

impl Refresher {
    pub async fn stop(mut self) -> Result<(), JoinError> {
        self.task.abort();
        // `abort` tells the task to end; only the await says that it has.
        match (&mut self.task).await {
            Err(panicked) if panicked.is_panic() => Err(panicked),
            _ => Ok(()),
        }
    }
}

impl Drop for Refresher {
    fn drop(&mut self) {
        // Dropping the handle alone would detach the task: it would go on for ever.
        self.task.abort();
    }
}
