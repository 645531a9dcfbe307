//! Design: a task for each request, in handles that abort their task when they are dropped.

use std::panic;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinError;
use tokio::time;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

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
    turn: Arc<Semaphore>,
    latest: Mutex<Option<Dashboard>>,
}

impl<S: Services> Panel<S> {
    pub fn new(services: S) -> Self {
        Self {
            services: Arc::new(services),
            turn: Arc::new(Semaphore::new(1)),
            latest: Mutex::new(None),
        }
    }

    pub async fn refresh(&self) -> Dashboard {
        self.refresh_counted(&TaskTracker::new()).await
    }

    /// Refreshes, with every request in `requests` for as long as it lives.
    async fn refresh_counted(&self, requests: &TaskTracker) -> Dashboard {
        // A semaphore with one permit is a mutex around nothing.
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        // Each request has a share in the turn. An aborted task takes a moment to go, and only then may the
        // next refresh ask the same service.
        let asks = Asks {
            services: &self.services,
            turn: Arc::new(turn.expect("nobody closes it")),
            requests,
        };
        let orders = asks.ask(|services| async move { services.orders().await });
        let ovens = asks.ask(|services| async move { services.ovens().await });
        let flour = asks.ask(|services| async move { services.flour().await });
        let vans = asks.ask(|services| async move { services.vans().await });
        let till = asks.ask(|services| async move { services.till().await });
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

/// What the requests of one refresh have in common.
struct Asks<'a, S> {
    services: &'a Arc<S>,
    turn: Arc<OwnedSemaphorePermit>,
    requests: &'a TaskTracker,
}

impl<S: Services> Asks<'_, S> {
    fn ask<T, F>(&self, question: impl FnOnce(Arc<S>) -> F) -> AbortOnDropHandle<T>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let (turn, answer) = (Arc::clone(&self.turn), question(Arc::clone(self.services)));
        AbortOnDropHandle::new(self.requests.spawn(async move {
            let _turn = turn;
            answer.await
        }))
    }
}

fn ended<T>(task: Result<T, JoinError>) -> T {
    // The panic goes on to whoever refreshes; the other tasks are aborted with their handles.
    task.unwrap_or_else(|error| panic::resume_unwind(error.into_panic()))
}

pub fn keep_fresh<S: Services>(panel: Arc<Panel<S>>, rest: Duration) -> Refresher {
    let requests = TaskTracker::new();
    let counted = requests.clone();
    let task = tokio::spawn(async move {
        loop {
            panel.refresh_counted(&counted).await;
            time::sleep(rest).await;
        }
    });
    let task = AbortOnDropHandle::new(task);
    Refresher { task, requests }
}

#[must_use = "the panel is kept fresh only as long as this lives"]
pub struct Refresher {
    task: AbortOnDropHandle<()>,
    requests: TaskTracker,
}

impl Refresher {
    pub async fn stop(self) -> Result<(), JoinError> {
        self.task.abort();
        let ended = self.task.await;
        // The task has aborted its requests on its way out. They are gone a moment later.
        self.requests.close();
        self.requests.wait().await;
        match ended {
            Err(panicked) if panicked.is_panic() => Err(panicked),
            _ => Ok(()),
        }
    }
}
