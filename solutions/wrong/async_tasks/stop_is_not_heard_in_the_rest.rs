//! Mistake: the token ends a refresh that is under way, but the sleep of the rest does not look at it.
//! Rejected by: pattern::stop_does_not_wait_for_the_end_of_the_rest
//! Learner sees: the refresher rested from 50 ms to 70, and stop was called at 60 ms, but it returned at 70 ms

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
    turn: tokio::sync::Mutex<()>,
    latest: Mutex<Option<Dashboard>>,
}

impl<S: Services> Panel<S> {
    pub fn new(services: S) -> Self {
        Self {
            services,
            turn: tokio::sync::Mutex::new(()),
            latest: Mutex::new(None),
        }
    }

    pub async fn refresh(&self) -> Dashboard {
        let _turn = self.turn.lock().await;
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
    let stop = tokio_util::sync::CancellationToken::new();
    let token = stop.clone();
    let task = tokio::spawn(async move {
        while token.run_until_cancelled(panel.refresh()).await.is_some() {
            time::sleep(rest).await;
        }
    });
    Refresher { task, stop }
}

#[must_use = "the panel is kept fresh only as long as this lives"]
pub struct Refresher {
    stop: tokio_util::sync::CancellationToken,
    task: JoinHandle<()>,
}

impl Refresher {
    pub async fn stop(mut self) -> Result<(), JoinError> {
        self.stop.cancel();
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
        self.stop.cancel();
    }
}
