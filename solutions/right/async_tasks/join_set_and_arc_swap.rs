//! Design: answers of one enum in a `JoinSet`, the wall in an `ArcSwapOption`, the background in a `JoinSet` of one.
//! Crates: arc-swap = "1"

use std::panic;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;
use tokio::task::{JoinError, JoinSet};
use tokio::time;

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
    turn: Mutex<()>,
    latest: ArcSwapOption<Dashboard>,
}

/// Tasks of one set return one type.
enum Answer {
    Orders(u32),
    Ovens(Vec<u16>),
    Flour(u32),
    Vans(Vec<String>),
    Till(u64),
}

impl<S: Services> Panel<S> {
    pub fn new(services: S) -> Self {
        Self {
            services: Arc::new(services),
            turn: Mutex::new(()),
            latest: ArcSwapOption::empty(),
        }
    }

    pub async fn refresh(&self) -> Dashboard {
        let _turn = self.turn.lock().await;
        let mut asking = JoinSet::new();
        let services = || Arc::clone(&self.services);
        let s = services();
        asking.spawn(async move { Answer::Orders(s.orders().await) });
        let s = services();
        asking.spawn(async move { Answer::Ovens(s.ovens().await) });
        let s = services();
        asking.spawn(async move { Answer::Flour(s.flour().await) });
        let s = services();
        asking.spawn(async move { Answer::Vans(s.vans().await) });
        let s = services();
        asking.spawn(async move { Answer::Till(s.till().await) });
        let mut dashboard = Dashboard {
            orders: 0,
            ovens: Vec::new(),
            flour: 0,
            vans: Vec::new(),
            till: 0,
        };
        while let Some(ended) = asking.join_next().await {
            match ended {
                Ok(Answer::Orders(orders)) => dashboard.orders = orders,
                Ok(Answer::Ovens(ovens)) => dashboard.ovens = ovens,
                Ok(Answer::Flour(flour)) => dashboard.flour = flour,
                Ok(Answer::Vans(vans)) => dashboard.vans = vans,
                Ok(Answer::Till(till)) => dashboard.till = till,
                Err(error) => panic::resume_unwind(error.into_panic()),
            }
        }
        self.latest.store(Some(Arc::new(dashboard.clone())));
        dashboard
    }

    pub fn latest(&self) -> Option<Dashboard> {
        self.latest.load_full().map(Arc::unwrap_or_clone)
    }
}

pub fn keep_fresh<S: Services>(panel: Arc<Panel<S>>, rest: Duration) -> Refresher {
    let mut task = JoinSet::new();
    task.spawn(async move {
        loop {
            panel.refresh().await;
            time::sleep(rest).await;
        }
    });
    Refresher { task }
}

/// A set aborts its tasks when it is dropped.
#[must_use = "the panel is kept fresh only as long as this lives"]
pub struct Refresher {
    task: JoinSet<()>,
}

impl Refresher {
    pub async fn stop(mut self) -> Result<(), JoinError> {
        self.task.abort_all();
        while let Some(ended) = self.task.join_next().await {
            match ended {
                Err(panicked) if panicked.is_panic() => return Err(panicked),
                _ => {}
            }
        }
        Ok(())
    }
}
