//! Mistake: a refresh that sees, when its turn has come, that two others have ended meanwhile takes what the last one brought.
//! Rejected by: pattern::refreshes_take_turns
//! Learner sees: each of 4 refreshes should have asked anew, and brought orders 1, 2, 3 and 4, but sorted by number they brought [1, 2, 3, 3]

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
    count: std::sync::atomic::AtomicU32,
    turn: tokio::sync::Mutex<()>,
    latest: Mutex<Option<Dashboard>>,
}

impl<S: Services> Panel<S> {
    pub fn new(services: S) -> Self {
        Self {
            services,
            count: 0.into(),
            turn: tokio::sync::Mutex::new(()),
            latest: Mutex::new(None),
        }
    }

    pub async fn refresh(&self) -> Dashboard {
        let before = self.count.load(std::sync::atomic::Ordering::SeqCst);
        let _turn = self.turn.lock().await;
        if self.count.load(std::sync::atomic::Ordering::SeqCst) > before + 1 {
            return self.latest().unwrap();
        }
        self.count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
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
