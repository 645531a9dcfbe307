//! One future that asks all five, one mutex to wait at, one to look into, one task in the background.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};
use tokio::{join, time};

/// The five services. Each method returns a future, as an `async fn` does: the call alone asks
/// nothing.
#[expect(missing_docs, reason = "the exercise says what each of them is")]
pub trait Services: Send + Sync + 'static {
    fn orders(&self) -> impl Future<Output = u32> + Send;
    fn ovens(&self) -> impl Future<Output = Vec<u16>> + Send;
    fn flour(&self) -> impl Future<Output = u32> + Send;
    fn vans(&self) -> impl Future<Output = Vec<String>> + Send;
    fn till(&self) -> impl Future<Output = u64> + Send;
}

/// What one round of questions brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dashboard {
    /// Loaves that were ordered for today.
    pub orders: u32,
    /// Degrees in each oven.
    pub ovens: Vec<u16>,
    /// Kilograms of flour.
    pub flour: u32,
    /// Drivers on the road.
    pub vans: Vec<String>,
    /// Cents in the till.
    pub till: u64,
}

/// The panel on the wall. Many tasks share one, through an `Arc`.
pub struct Panel<S> {
    services: S,
    /// Held through a whole refresh, so through many an `.await`: that takes tokio's mutex. A task
    /// that has to wait for it blocks no thread, and one that is dropped gives it back.
    turn: tokio::sync::Mutex<()>,
    /// Held for an assignment or a clone, never through an `.await`: std's mutex does, and a plain
    /// `fn` can lock it.
    latest: Mutex<Option<Dashboard>>,
}

impl<S: Services> Panel<S> {
    /// A panel that has asked nothing yet.
    pub fn new(services: S) -> Self {
        Self {
            services,
            turn: tokio::sync::Mutex::new(()),
            latest: Mutex::new(None),
        }
    }

    /// Asks all five services at the same time, when its turn has come, and brings what they said.
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

    /// What the last refresh to end has brought.
    pub fn latest(&self) -> Option<Dashboard> {
        self.last().clone()
    }

    fn last(&self) -> MutexGuard<'_, Option<Dashboard>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps `panel` fresh in the background, from now on, with a `rest` after each refresh.
pub fn keep_fresh<S: Services>(panel: Arc<Panel<S>>, rest: Duration) -> Refresher {
    let task = tokio::spawn(async move {
        loop {
            panel.refresh().await;
            time::sleep(rest).await;
        }
    });
    Refresher { task }
}

/// What keeps a panel fresh, until it is stopped or dropped.
#[must_use = "the panel is kept fresh only as long as this lives"]
pub struct Refresher {
    task: JoinHandle<()>,
}

impl Refresher {
    /// Stops at once, and returns when the task is gone.
    ///
    /// # Errors
    /// If the task has panicked.
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
