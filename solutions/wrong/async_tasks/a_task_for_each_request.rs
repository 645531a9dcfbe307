//! Mistake: a task for each request, and dropping the refresh drops their handles, which detaches them.
//! Rejected by: pattern::a_refresh_that_was_dropped_leaves_no_request_behind
//! Learner sees: the refresh was dropped at 15 ms, but … of its requests are still alive

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};
use tokio::{spawn, time};

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
    services: Arc<S>,
    turn: tokio::sync::Mutex<()>,
    latest: Mutex<Option<Dashboard>>,
}

impl<S: Services> Panel<S> {
    pub fn new(services: S) -> Self {
        Self {
            services: Arc::new(services),
            turn: tokio::sync::Mutex::new(()),
            latest: Mutex::new(None),
        }
    }

    pub async fn refresh(&self) -> Dashboard {
        let _turn = self.turn.lock().await;
        let services = Arc::clone(&self.services);
        let orders = spawn(async move { services.orders().await });
        let services = Arc::clone(&self.services);
        let ovens = spawn(async move { services.ovens().await });
        let services = Arc::clone(&self.services);
        let flour = spawn(async move { services.flour().await });
        let services = Arc::clone(&self.services);
        let vans = spawn(async move { services.vans().await });
        let services = Arc::clone(&self.services);
        let till = spawn(async move { services.till().await });
        let dashboard = Dashboard {
            orders: ended(orders.await),
            ovens: ended(ovens.await),
            flour: ended(flour.await),
            vans: ended(vans.await),
            till: ended(till.await),
        };
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(dashboard.clone());
        dashboard
    }

    pub fn latest(&self) -> Option<Dashboard> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.clone()
    }
}

fn ended<T>(task: Result<T, JoinError>) -> T {
    task.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
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
        match (&mut self.task).await {
            Err(panicked) if panicked.is_panic() => Err(panicked),
            _ => Ok(()),
        }
    }
}

impl Drop for Refresher {
    fn drop(&mut self) {
        self.task.abort();
    }
}
