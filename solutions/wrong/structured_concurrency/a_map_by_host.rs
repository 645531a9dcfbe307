//! Mistake: the scans are in a map, by host. Whoever begins a host again pushes its first scan out, and the drop of
//! its set aborts it.
//! Rejected by: pattern::a_host_that_is_begun_again_has_two_scans
//! Learner sees: 10.0.0.1 has 2 services and was begun at 0 ms and at 15, which makes 2 scans, but 2 services were recorded

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join_all;
use tokio::task::JoinSet;

pub trait Network: Send + Sync + 'static {
    fn ports(&self, host: Ipv4Addr) -> impl Future<Output = Vec<u16>> + Send;
    fn knock(&self, service: SocketAddrV4) -> impl Future<Output = bool> + Send;
    fn record(&self, service: SocketAddrV4);
}

pub async fn scan<N: Network>(network: Arc<N>, hosts: Vec<Ipv4Addr>) -> Vec<SocketAddrV4> {
    let mut scans = JoinSet::new();
    for host in hosts {
        scans.spawn(scan_host(Arc::clone(&network), host));
    }
    let mut found: Vec<_> = all_of(scans).await.into_iter().flatten().collect();
    found.sort_unstable();
    found
}

async fn scan_host<N: Network>(network: Arc<N>, host: Ipv4Addr) -> Vec<SocketAddrV4> {
    let mut knocks = JoinSet::new();
    for port in network.ports(host).await {
        let (network, service) = (Arc::clone(&network), SocketAddrV4::new(host, port));
        knocks.spawn(async move { network.knock(service).await.then_some(service) });
    }
    all_of(knocks).await.into_iter().flatten().collect()
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
    scans: Mutex<HashMap<Ipv4Addr, JoinSet<()>>>,
}

impl<N: Network> Scanner<N> {
    pub fn new(network: Arc<N>) -> Self {
        Self {
            network,
            scans: Mutex::default(),
        }
    }

    pub fn begin(&self, host: Ipv4Addr) {
        let network = Arc::clone(&self.network);
        let mut scan = JoinSet::new();
        scan.spawn(async move {
            let ports = network.ports(host).await;
            let knocks = ports.into_iter().map(async |port| {
                let service = SocketAddrV4::new(host, port);
                if network.knock(service).await {
                    network.record(service);
                }
            });
            join_all(knocks).await;
        });
        let mut scans = self.scans.lock().unwrap_or_else(PoisonError::into_inner);
        scans.insert(host, scan);
    }

    pub async fn finish(self) {
        for mut scan in self.into_scans() {
            while scan.join_next().await.is_some() {}
        }
    }

    pub async fn stop(self) {
        join_all(
            self.into_scans()
                .map(async |mut scan| scan.shutdown().await),
        )
        .await;
    }

    fn into_scans(self) -> impl Iterator<Item = JoinSet<()>> {
        let scans = self.scans.into_inner();
        scans.unwrap_or_else(PoisonError::into_inner).into_values()
    }
}
