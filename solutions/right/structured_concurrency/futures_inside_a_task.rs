//! Design: one level of tasks. A host's knocks are futures within the host's task, so whoever drops
//! the task drops them in the same step, and one `shutdown` waits for all there is.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join_all;
use tokio::task::JoinSet;

pub trait Network: Send + Sync + 'static {
    fn ports(&self, host: Ipv4Addr) -> impl Future<Output = Vec<u16>> + Send;
    fn knock(&self, service: SocketAddrV4) -> impl Future<Output = bool> + Send;
    fn record(&self, service: SocketAddrV4);
}

pub async fn scan<N: Network>(network: Arc<N>, hosts: Vec<Ipv4Addr>) -> Vec<SocketAddrV4> {
    // No tasks at all: a panic goes through, and takes the other futures along.
    let network = &*network;
    let scans = hosts.into_iter().map(async |host| {
        let ports = network.ports(host).await;
        let knocks = ports.into_iter().map(async |port| {
            let service = SocketAddrV4::new(host, port);
            network.knock(service).await.then_some(service)
        });
        join_all(knocks).await
    });
    let answers = join_all(scans).await;
    let mut found: Vec<_> = answers.into_iter().flatten().flatten().collect();
    found.sort_unstable();
    found
}

pub struct Scanner<N> {
    network: Arc<N>,
    /// A task for each host.
    scans: Mutex<JoinSet<()>>,
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
        let scan = async move {
            let ports = network.ports(host).await;
            let knocks = ports.into_iter().map(async |port| {
                let service = SocketAddrV4::new(host, port);
                if network.knock(service).await {
                    network.record(service);
                }
            });
            join_all(knocks).await;
        };
        let mut scans = self.scans.lock().unwrap_or_else(PoisonError::into_inner);
        // What has ended stays in the set until somebody takes it.
        while scans.try_join_next().is_some() {}
        scans.spawn(scan);
    }

    pub async fn finish(self) {
        let mut scans = self.into_scans();
        // A panic ends its own scan, and is no reason to leave the others.
        while scans.join_next().await.is_some() {}
    }

    pub async fn stop(self) {
        self.into_scans().shutdown().await;
    }

    fn into_scans(self) -> JoinSet<()> {
        self.scans
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
