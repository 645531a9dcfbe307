//! Design: `join5` of the crate futures, a watch channel for what stands on the wall, a token that stops the task.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join5;
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinError, JoinHandle};
use tokio::time;
use tokio_util::sync::{CancellationToken, DropGuard};

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
    /// Whoever has the services has the turn.
    services: Mutex<S>,
    latest: watch::Sender<Option<Dashboard>>,
}

impl<S: Services> Panel<S> {
    pub fn new(services: S) -> Self {
        Self {
            services: Mutex::new(services),
            latest: watch::Sender::new(None),
        }
    }

    pub async fn refresh(&self) -> Dashboard {
        let services = self.services.lock().await;
        let (orders, ovens, flour, vans, till) = join5(
            services.orders(),
            services.ovens(),
            services.flour(),
            services.vans(),
            services.till(),
        )
        .await;
        let dashboard = Dashboard {
            orders,
            ovens,
            flour,
            vans,
            till,
        };
        self.latest.send_replace(Some(dashboard.clone()));
        dashboard
    }

    pub fn latest(&self) -> Option<Dashboard> {
        self.latest.borrow().clone()
    }
}

pub fn keep_fresh<S: Services>(panel: Arc<Panel<S>>, rest: Duration) -> Refresher {
    let token = CancellationToken::new();
    let stop = token.clone().drop_guard();
    let task = tokio::spawn(async move {
        let refreshing = async {
            loop {
                panel.refresh().await;
                time::sleep(rest).await;
            }
        };
        // Dropped where it stands as soon as the token says so; the task then ends by itself.
        token.run_until_cancelled(refreshing).await;
    });
    Refresher { stop, task }
}

#[must_use = "the panel is kept fresh only as long as this lives"]
pub struct Refresher {
    /// Cancels the token when it is dropped.
    stop: DropGuard,
    task: JoinHandle<()>,
}

impl Refresher {
    pub async fn stop(self) -> Result<(), JoinError> {
        drop(self.stop);
        self.task.await
    }
}
