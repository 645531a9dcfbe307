//! Mistake: after a panic, `shutdown` waits for the hosts, which is one level. Each of them drops the
//! set of its knocks on the way out, and a drop tells and does not wait.
//! Rejected by: pattern::scan_does_not_panic_before_a_slow_knock_at_another_host_is_gone
//! Learner sees: a knock at 10.0.0.1:22 panicked, and scan ended while the knock at 10.0.0.2:80 was still alive

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
    let mut scans = JoinSet::new();
    for host in hosts {
        scans.spawn(services_of(Arc::clone(&network), host));
    }
    let mut found = all_or_panic(scans).await;
    found.sort_unstable();
    found
}

async fn services_of<N: Network>(network: Arc<N>, host: Ipv4Addr) -> Vec<SocketAddrV4> {
    let mut knocks = JoinSet::new();
    for port in network.ports(host).await {
        let (network, service) = (Arc::clone(&network), SocketAddrV4::new(host, port));
        knocks
            .spawn(async move { Vec::from_iter(network.knock(service).await.then_some(service)) });
    }
    all_or_panic(knocks).await
}

async fn all_or_panic<T: 'static>(mut set: JoinSet<Vec<T>>) -> Vec<T> {
    let mut all = Vec::new();
    while let Some(joined) = set.join_next().await {
        match joined {
            Ok(more) => all.extend(more),
            Err(error) => {
                set.shutdown().await;
                panic::resume_unwind(error.into_panic());
            }
        }
    }
    all
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
        let (stop, tasks) = (self.stop.clone(), self.tasks.clone());
        self.tasks.spawn(async move {
            let Some(ports) = stop.run_until_cancelled(network.ports(host)).await else {
                return;
            };
            for port in ports {
                let (network, stop) = (Arc::clone(&network), stop.clone());
                let service = SocketAddrV4::new(host, port);
                tasks.spawn(async move {
                    if stop.run_until_cancelled(network.knock(service)).await == Some(true) {
                        network.record(service);
                    }
                });
            }
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
