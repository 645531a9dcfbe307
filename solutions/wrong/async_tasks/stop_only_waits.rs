//! Mistake: it waits for a task that has no end, since it was never told to stop.
//! Rejected by: pattern::stop_cancels_what_is_under_way_and_waits_until_it_is_gone
//! Learner sees: stop never returned

use std::sync::{Arc, Mutex, PoisonError};
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
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(dashboard.clone());
        dashboard
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
        (&mut self.task).await
    }
}

impl Drop for Refresher {
    fn drop(&mut self) {
        self.task.abort();
    }
}
