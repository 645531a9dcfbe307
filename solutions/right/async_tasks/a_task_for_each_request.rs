//! Design: a task for each request, in handles that abort their task when they are dropped.

use std::panic;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinError;
use tokio::time;
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
    turn: Semaphore,
    latest: Mutex<Option<Dashboard>>,
}

impl<S: Services> Panel<S> {
    pub fn new(services: S) -> Self {
        Self {
            services: Arc::new(services),
            turn: Semaphore::new(1),
            latest: Mutex::new(None),
        }
    }

    pub async fn refresh(&self) -> Dashboard {
        // A semaphore with one permit is a mutex around nothing.
        let _turn = self.turn.acquire().await.expect("nobody closes it");
        let orders = self.ask(|services| async move { services.orders().await });
        let ovens = self.ask(|services| async move { services.ovens().await });
        let flour = self.ask(|services| async move { services.flour().await });
        let vans = self.ask(|services| async move { services.vans().await });
        let till = self.ask(|services| async move { services.till().await });
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

    fn ask<T, F>(&self, question: impl FnOnce(Arc<S>) -> F) -> AbortOnDropHandle<T>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        AbortOnDropHandle::new(tokio::spawn(question(Arc::clone(&self.services))))
    }
}

fn ended<T>(task: Result<T, JoinError>) -> T {
    // The panic goes on to whoever refreshes; the other tasks are aborted with their handles.
    task.unwrap_or_else(|error| panic::resume_unwind(error.into_panic()))
}

pub fn keep_fresh<S: Services>(panel: Arc<Panel<S>>, rest: Duration) -> Refresher {
    let task = tokio::spawn(async move {
        loop {
            panel.refresh().await;
            time::sleep(rest).await;
        }
    });
    let task = AbortOnDropHandle::new(task);
    Refresher { task }
}

#[must_use = "the panel is kept fresh only as long as this lives"]
pub struct Refresher {
    task: AbortOnDropHandle<()>,
}

impl Refresher {
    pub async fn stop(self) -> Result<(), JoinError> {
        self.task.abort();
        match self.task.await {
            Err(panicked) if panicked.is_panic() => Err(panicked),
            _ => Ok(()),
        }
    }
}
