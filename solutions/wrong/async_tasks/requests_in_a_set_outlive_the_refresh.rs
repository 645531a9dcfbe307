//! Mistake: the requests are tasks of a set. A set that is dropped tells its tasks to end and does not wait, so the turn passes on, and `stop` returns, while they are alive.
//! Rejected by: pattern::stop_waits_for_a_request_that_is_slow_to_go
//! Learner sees: stop returned while a question to the till was still alive, about to be cancelled

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::{JoinError, JoinHandle, JoinSet};
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
    services: Arc<S>,
    turn: Arc<tokio::sync::Mutex<()>>,
    latest: Mutex<Option<Dashboard>>,
}

impl<S: Services> Panel<S> {
    pub fn new(services: S) -> Self {
        Self {
            services: Arc::new(services),
            turn: Arc::default(),
            latest: Mutex::new(None),
        }
    }

    pub async fn refresh(&self) -> Dashboard {
        let _turn = self.turn.lock().await;
        enum Said {
            Orders(u32),
            Ovens(Vec<u16>),
            Flour(u32),
            Vans(Vec<String>),
            Till(u64),
        }
        let mut set = JoinSet::new();
        macro_rules! ask {
            ($f:ident, $v:ident) => {{
                let s = self.services.clone();
                set.spawn(async move { Said::$v(s.$f().await) });
            }};
        }
        ask!(orders, Orders);
        ask!(ovens, Ovens);
        ask!(flour, Flour);
        ask!(vans, Vans);
        ask!(till, Till);
        let mut d = Dashboard {
            orders: 0,
            ovens: vec![],
            flour: 0,
            vans: vec![],
            till: 0,
        };
        while let Some(r) = set.join_next().await {
            match r {
                Ok(Said::Orders(x)) => d.orders = x,
                Ok(Said::Ovens(x)) => d.ovens = x,
                Ok(Said::Flour(x)) => d.flour = x,
                Ok(Said::Vans(x)) => d.vans = x,
                Ok(Said::Till(x)) => d.till = x,
                Err(e) => std::panic::resume_unwind(e.into_panic()),
            }
        }
        *self.last() = Some(d.clone());
        d
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
