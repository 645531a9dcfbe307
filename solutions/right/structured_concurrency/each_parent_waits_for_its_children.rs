//! Design: a set at each level, and a token. A host that hears that it is to stop tells its own knocks,
//! and waits for them; so whoever waits for the hosts has waited for the whole tree.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

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
    scans: Mutex<JoinSet<()>>,
    stop: DropGuard,
}

impl<N: Network> Scanner<N> {
    pub fn new(network: Arc<N>) -> Self {
        Self {
            network,
            scans: Mutex::default(),
            stop: CancellationToken::new().drop_guard(),
        }
    }

    pub fn begin(&self, host: Ipv4Addr) {
        let stop = self.stop.token().clone();
        let scan = scan_and_record(Arc::clone(&self.network), host, stop);
        let mut scans = self.scans.lock().unwrap_or_else(PoisonError::into_inner);
        while scans.try_join_next().is_some() {}
        scans.spawn(scan);
    }

    pub async fn finish(self) {
        let Self { scans, stop, .. } = self;
        all_end(scans).await;
        drop(stop);
    }

    pub async fn stop(self) {
        let Self { scans, stop, .. } = self;
        drop(stop);
        all_end(scans).await;
    }
}

async fn all_end(scans: Mutex<JoinSet<()>>) {
    let mut scans = scans.into_inner().unwrap_or_else(PoisonError::into_inner);
    while scans.join_next().await.is_some() {}
}

async fn scan_and_record<N: Network>(network: Arc<N>, host: Ipv4Addr, stop: CancellationToken) {
    let Some(ports) = stop.run_until_cancelled(network.ports(host)).await else {
        return;
    };
    let mut knocks = JoinSet::new();
    for port in ports {
        let (network, service) = (Arc::clone(&network), SocketAddrV4::new(host, port));
        knocks.spawn(async move {
            if network.knock(service).await {
                network.record(service);
            }
        });
    }
    let all_end = async { while knocks.join_next().await.is_some() {} };
    stop.run_until_cancelled(all_end).await;
    // Told to stop, it does not leave before its children have.
    knocks.shutdown().await;
}
