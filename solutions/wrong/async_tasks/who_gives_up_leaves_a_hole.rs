//! Mistake: tickets are called one by one, and the ticket of a refresh that was dropped in line is never used.
//! Rejected by: pattern::of_many_in_line_those_come_who_wait
//! Learner sees: 10 of 20 refreshes in line gave up, and one of the others never returned

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
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
    tickets: AtomicU64,
    served: watch::Sender<u64>,
    latest: Mutex<Option<Dashboard>>,
}

impl<S: Services> Panel<S> {
    pub fn new(services: S) -> Self {
        Self {
            services,
            tickets: AtomicU64::new(0),
            served: watch::Sender::new(0),
            latest: Mutex::new(None),
        }
    }

    pub async fn refresh(&self) -> Dashboard {
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        let mut served = self.served.subscribe();
        let turn = served.wait_for(|served| *served == ticket).await;
        drop(turn.expect("the panel has the sender"));
        let _turn = Turn(&self.served);
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

/// Calls the next ticket when it is dropped.
struct Turn<'panel>(&'panel watch::Sender<u64>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|served| *served += 1);
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
