//! Mistake: `scan` asks the hosts itself, and only the knocks are tasks. A list that panics goes straight through
//! `scan` and drops the set of the knocks, which tells them to stop and does not wait.
//! Rejected by: pattern::a_list_that_panics_comes_out_of_scan_when_all_others_are_gone
//! Learner sees: 10.0.0.1 panicked when it was asked for its ports, and scan ended at 10 ms with 2 knocks at 10.0.0.2 still alive

use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub trait Network: Send + Sync + 'static {
    fn ports(&self, host: Ipv4Addr) -> impl Future<Output = Vec<u16>> + Send;
    fn knock(&self, service: SocketAddrV4) -> impl Future<Output = bool> + Send;
    fn record(&self, service: SocketAddrV4);
}

pub async fn scan<N: Network>(network: Arc<N>, hosts: Vec<Ipv4Addr>) -> Vec<SocketAddrV4> {
    let mut lists: FuturesUnordered<_> = hosts
        .into_iter()
        .map(async |host| (host, network.ports(host).await))
        .collect();
    let mut knocks = JoinSet::new();
    while let Some((host, ports)) = lists.next().await {
        for port in ports {
            let (network, service) = (Arc::clone(&network), SocketAddrV4::new(host, port));
            knocks.spawn(async move { network.knock(service).await.then_some(service) });
        }
    }
    let mut found: Vec<_> = all_of(knocks).await.into_iter().flatten().collect();
    found.sort_unstable();
    found
}

async fn all_of<T: 'static>(mut tasks: JoinSet<T>) -> Vec<T> {
    let (mut returned, mut panicked) = (Vec::new(), None);
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(value) => returned.push(value),
            Err(error) => panicked = panicked.or(Some(error)),
        }
    }
    if let Some(error) = panicked {
        panic::resume_unwind(error.into_panic());
    }
    returned
}

pub struct Scanner<N> {
    network: Arc<N>,
    tasks: Tasks,
    _stop: DropGuard,
}

impl<N: Network> Scanner<N> {
    pub fn new(network: Arc<N>) -> Self {
        let tasks = Tasks::default();
        let stop = tasks.stop.clone().drop_guard();
        Self {
            network,
            tasks,
            _stop: stop,
        }
    }

    pub fn begin(&self, host: Ipv4Addr) {
        let (network, tasks) = (Arc::clone(&self.network), self.tasks.clone());
        self.tasks.spawn(async move {
            for port in network.ports(host).await {
                let (network, service) = (Arc::clone(&network), SocketAddrV4::new(host, port));
                tasks.spawn(async move {
                    if network.knock(service).await {
                        network.record(service);
                    }
                });
            }
        });
    }

    pub async fn finish(self) {
        self.tasks.gone().await;
    }

    pub async fn stop(self) {
        self.tasks.stop.cancel();
        self.tasks.gone().await;
    }
}

#[derive(Clone, Default)]
struct Tasks {
    stop: CancellationToken,
    alive: TaskTracker,
}

impl Tasks {
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.alive.spawn(async move {
            stop.run_until_cancelled(work).await;
        });
    }

    async fn gone(&self) {
        self.alive.close();
        self.alive.wait().await;
    }
}
