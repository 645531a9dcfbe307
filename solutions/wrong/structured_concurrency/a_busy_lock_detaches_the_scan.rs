//! Mistake: `begin` only tries the lock of the set. While another thread holds it, the scan becomes a detached task.
//! Rejected by: pattern::stop_reaches_scans_that_many_threads_have_begun
//! Learner sees: 3 threads began 2000 scans each at the same time, and stop returned with … of their requests still alive

use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic;
use std::sync::{Arc, Mutex};

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
    hosts: Mutex<JoinSet<()>>,
}
impl<N: Network> Scanner<N> {
    pub fn new(network: Arc<N>) -> Self {
        Self {
            network,
            hosts: Mutex::default(),
        }
    }
    pub fn begin(&self, host: Ipv4Addr) {
        let network = Arc::clone(&self.network);
        let work = async move {
            let ports = network.ports(host).await;
            let knocks = ports.into_iter().map(|port| {
                let (network, service) = (&network, SocketAddrV4::new(host, port));
                async move {
                    if network.knock(service).await {
                        network.record(service);
                    }
                }
            });
            futures::future::join_all(knocks).await;
        };
        match self.hosts.try_lock() {
            Ok(mut hosts) => {
                hosts.spawn(work);
            }
            Err(_) => {
                tokio::spawn(work);
            }
        }
    }
    pub async fn finish(self) {
        let mut hosts = self.hosts.into_inner().unwrap();
        while hosts.join_next().await.is_some() {}
    }
    pub async fn stop(self) {
        self.hosts.into_inner().unwrap().shutdown().await;
    }
}
