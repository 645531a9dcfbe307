//! Mistake: each answer goes onto the wall by itself, so the wall shows a part of the new and a part of the old.
//! Rejected by: pattern::latest_never_shows_a_part_of_a_refresh
//! Learner sees: two of five services had answered refresh 2, and latest returned orders 2, ovens [2], flour 1, vans ["1"], till 1

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
    latest: Mutex<Wall>,
}

#[derive(Clone, Default)]
struct Wall {
    orders: Option<u32>,
    ovens: Option<Vec<u16>>,
    flour: Option<u32>,
    vans: Option<Vec<String>>,
    till: Option<u64>,
}

impl Wall {
    fn whole(self) -> Option<Dashboard> {
        Some(Dashboard {
            orders: self.orders?,
            ovens: self.ovens?,
            flour: self.flour?,
            vans: self.vans?,
            till: self.till?,
        })
    }
}

impl<S: Services> Panel<S> {
    pub fn new(services: S) -> Self {
        Self {
            services,
            turn: tokio::sync::Mutex::new(()),
            latest: Mutex::default(),
        }
    }

    pub async fn refresh(&self) -> Dashboard {
        let _turn = self.turn.lock().await;
        join!(
            async { self.wall(self.services.orders().await, |wall, new| wall.orders = new) },
            async { self.wall(self.services.ovens().await, |wall, new| wall.ovens = new) },
            async { self.wall(self.services.flour().await, |wall, new| wall.flour = new) },
            async { self.wall(self.services.vans().await, |wall, new| wall.vans = new) },
            async { self.wall(self.services.till().await, |wall, new| wall.till = new) },
        );
        self.latest().expect("all five have answered")
    }

    pub fn latest(&self) -> Option<Dashboard> {
        self.lock().clone().whole()
    }

    fn wall<T>(&self, new: T, put: fn(&mut Wall, Option<T>)) {
        put(&mut self.lock(), Some(new));
    }

    fn lock(&self) -> MutexGuard<'_, Wall> {
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
