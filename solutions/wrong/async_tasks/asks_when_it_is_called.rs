//! Mistake: it spawns when it is called, as `go` would, and not when somebody polls it.
//! Rejected by: core::to_call_refresh_asks_nothing_yet
//! Learner sees: nobody has polled the future of refresh yet, but 5 of 5 services were asked

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};
use tokio::{join, time};
use tokio_util::task::AbortOnDropHandle;

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
    turn: Arc<tokio::sync::Mutex<()>>,
    latest: Arc<Mutex<Option<Dashboard>>>,
}

impl<S: Services> Panel<S> {
    pub fn new(services: S) -> Self {
        Self {
            services: Arc::new(services),
            turn: Arc::default(),
            latest: Arc::default(),
        }
    }

    pub fn refresh(&self) -> impl Future<Output = Dashboard> + Send + use<S> {
        let (services, turn) = (Arc::clone(&self.services), Arc::clone(&self.turn));
        let latest = Arc::clone(&self.latest);
        let task = AbortOnDropHandle::new(tokio::spawn(async move {
            let _turn = turn.lock().await;
            let (orders, ovens, flour, vans, till) = join!(
                services.orders(),
                services.ovens(),
                services.flour(),
                services.vans(),
                services.till(),
            );
            let dashboard = Dashboard {
                orders,
                ovens,
                flour,
                vans,
                till,
            };
            *latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(dashboard.clone());
            dashboard
        }));
        async move {
            match task.await {
                Ok(dashboard) => dashboard,
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
    }

    pub fn latest(&self) -> Option<Dashboard> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.clone()
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
