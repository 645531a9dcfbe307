//! Mistake: `notify_waiters` wakes all in line, and each of them takes the turn without looking again.
//! Rejected by: pattern::refreshes_take_turns
//! Learner sees: 15 requests were under way at once: refreshes ran side by side, but each of the 5 services answers one question at a time

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
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
    busy: AtomicBool,
    freed: Notify,
    latest: Mutex<Option<Dashboard>>,
}

impl<S: Services> Panel<S> {
    pub fn new(services: S) -> Self {
        Self {
            services,
            busy: false.into(),
            freed: Notify::new(),
            latest: Mutex::new(None),
        }
    }

    pub async fn refresh(&self) -> Dashboard {
        let freed = self.freed.notified();
        if self.busy.load(Ordering::SeqCst) {
            freed.await;
        }
        self.busy.store(true, Ordering::SeqCst);
        let _turn = Turn(&self.busy, &self.freed);
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
struct Turn<'a>(&'a AtomicBool, &'a Notify);
impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
        self.1.notify_waiters();
    }
}
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
