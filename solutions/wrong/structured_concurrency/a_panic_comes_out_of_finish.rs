//! Mistake: `finish` unwraps what the tasks came to. One that panicked hours ago ends the wait for all others.
//! Rejected by: pattern::a_panic_in_the_background_does_other_hosts_no_harm
//! Learner sees: a knock at 10.0.0.1 panicked in the background, and its panic came out of finish

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
        self.scans
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .spawn(scan);
    }

    pub async fn finish(self) {
        let mut scans = self.into_scans();
        while let Some(ended) = scans.join_next().await {
            ended.expect("a scan does not panic");
        }
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
