//! Mistake: two loops, one after the other: all lists, then all knocks. The first knock waits for the last list.
//! Rejected by: core::a_hosts_ports_do_not_wait_for_another_hosts_list
//! Learner sees: 10.0.0.1 has listed its ports after 10 ms and needs 50 more, 10.0.0.2 needs 40 and 10: that makes 60 ms, but scan took 90 ms

use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic;
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub trait Network: Send + Sync + 'static {
    fn ports(&self, host: Ipv4Addr) -> impl Future<Output = Vec<u16>> + Send;
    fn knock(&self, service: SocketAddrV4) -> impl Future<Output = bool> + Send;
    fn record(&self, service: SocketAddrV4);
}

pub async fn scan<N: Network>(network: Arc<N>, hosts: Vec<Ipv4Addr>) -> Vec<SocketAddrV4> {
    let mut lists = JoinSet::new();
    for host in hosts {
        let network = Arc::clone(&network);
        lists.spawn(async move { (host, network.ports(host).await) });
    }
    let mut knocks = JoinSet::new();
    for (host, ports) in all_of(lists).await {
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
