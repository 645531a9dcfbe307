//! Mistake: the ports of each host are sorted, and the hosts stay in the order in which the caller named them.
//! Rejected by: core::the_services_that_answer_are_found_in_order
//! Learner sees: the services are 10.0.0.1:22, 10.0.0.1:80, 10.0.0.2:631, but scan returned 10.0.0.2:631, 10.0.0.1:22, 10.0.0.1:80

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use futures::future::join_all;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub trait Network: Send + Sync + 'static {
    fn ports(&self, host: Ipv4Addr) -> impl Future<Output = Vec<u16>> + Send;
    fn knock(&self, service: SocketAddrV4) -> impl Future<Output = bool> + Send;
    fn record(&self, service: SocketAddrV4);
}

pub async fn scan<N: Network>(network: Arc<N>, hosts: Vec<Ipv4Addr>) -> Vec<SocketAddrV4> {
    let network = &*network;
    let scans = hosts.into_iter().map(async |host| {
        let mut ports = network.ports(host).await;
        ports.sort_unstable();
        let knocks = ports.into_iter().map(async |port| {
            let service = SocketAddrV4::new(host, port);
            network.knock(service).await.then_some(service)
        });
        join_all(knocks).await
    });
    // `join_all` keeps the order.
    join_all(scans)
        .await
        .into_iter()
        .flatten()
        .flatten()
        .collect()
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
