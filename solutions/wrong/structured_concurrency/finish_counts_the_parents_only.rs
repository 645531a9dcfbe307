//! Mistake: a host that is told to stop waits for its knocks, but one whose knock panics does not: it
//! panics too, and drops their set. And `finish` counts the hosts.
//! Rejected by: pattern::finish_waits_for_a_slow_knock_at_a_host_where_another_has_panicked
//! Learner sees: a knock at 10.0.0.1:22 panicked, and finish ended while the knock at 10.0.0.1:80 was still alive

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use futures::future::join_all;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub trait Network: Send + Sync + 'static {
    fn ports(&self, host: Ipv4Addr) -> impl Future<Output = Vec<u16>> + Send;
    fn knock(&self, service: SocketAddrV4) -> impl Future<Output = bool> + Send;
    fn record(&self, service: SocketAddrV4);
}

pub async fn scan<N: Network>(network: Arc<N>, hosts: Vec<Ipv4Addr>) -> Vec<SocketAddrV4> {
    let network = &*network;
    let scans = hosts.into_iter().map(|host| async move {
        let knocks = network
            .ports(host)
            .await
            .into_iter()
            .map(|port| async move {
                let service = SocketAddrV4::new(host, port);
                network.knock(service).await.then_some(service)
            });
        join_all(knocks).await
    });
    let found = join_all(scans).await;
    let mut found: Vec<_> = found.into_iter().flatten().flatten().collect();
    found.sort_unstable();
    found
}

pub struct Scanner<N> {
    network: Arc<N>,
    stop: CancellationToken,
    tasks: TaskTracker,
    _cancels_when_dropped: DropGuard,
}

impl<N: Network> Scanner<N> {
    pub fn new(network: Arc<N>) -> Self {
        let stop = CancellationToken::new();
        Self {
            network,
            _cancels_when_dropped: stop.clone().drop_guard(),
            stop,
            tasks: TaskTracker::new(),
        }
    }

    pub fn begin(&self, host: Ipv4Addr) {
        let network = Arc::clone(&self.network);
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let Some(ports) = stop.run_until_cancelled(network.ports(host)).await else {
                return;
            };
            let mut knocks = JoinSet::new();
            for port in ports {
                let network = Arc::clone(&network);
                let service = SocketAddrV4::new(host, port);
                knocks.spawn(async move {
                    if network.knock(service).await {
                        network.record(service);
                    }
                });
            }
            while let Some(Some(knock)) = stop.run_until_cancelled(knocks.join_next()).await {
                knock.expect("no knock panics");
            }
            knocks.shutdown().await;
        });
    }

    pub async fn finish(self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
