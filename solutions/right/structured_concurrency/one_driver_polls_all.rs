//! Design: `scan` is one future without a task; one driver task polls all scans of a scanner and catches their panics.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use futures::future::join_all;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::select;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub trait Network: Send + Sync + 'static {
    fn ports(&self, host: Ipv4Addr) -> impl Future<Output = Vec<u16>> + Send;
    fn knock(&self, service: SocketAddrV4) -> impl Future<Output = bool> + Send;
    fn record(&self, service: SocketAddrV4);
}

pub async fn scan<N: Network>(network: Arc<N>, hosts: Vec<Ipv4Addr>) -> Vec<SocketAddrV4> {
    let scans = join_all(hosts.into_iter().map(|host| each(&*network, host))).await;
    let mut all = Vec::new();
    for scan in scans {
        match scan {
            Ok(services) => all.extend(services),
            Err(words) => panic::resume_unwind(words),
        }
    }
    all.sort_unstable_by_key(|service| (*service.ip(), service.port()));
    all
}

async fn each<N: Network>(
    network: &N,
    host: Ipv4Addr,
) -> Result<Vec<SocketAddrV4>, Box<dyn std::any::Any + Send>> {
    let ports = AssertUnwindSafe(async { network.ports(host).await })
        .catch_unwind()
        .await?;
    let knocks = ports.into_iter().map(|port| {
        let service = SocketAddrV4::new(host, port);
        AssertUnwindSafe(async move { network.knock(service).await.then_some(service) })
            .catch_unwind()
    });
    let mut found = Vec::new();
    for answer in join_all(knocks).await {
        found.extend(answer?);
    }
    Ok(found)
}

pub struct Scanner<N> {
    hosts: Option<mpsc::UnboundedSender<Ipv4Addr>>,
    driver: JoinHandle<()>,
    _network: Arc<N>,
}

impl<N: Network> Scanner<N> {
    pub fn new(network: Arc<N>) -> Self {
        let (send, mut hosts) = mpsc::unbounded_channel();
        let asked = Arc::clone(&network);
        let driver = tokio::spawn(async move {
            let mut scans = FuturesUnordered::new();
            let mut open = true;
            while open || !scans.is_empty() {
                select! {
                    host = hosts.recv(), if open => match host {
                        Some(host) => {
                            let network = &asked;
                            scans.push(async move {
                                let ports = AssertUnwindSafe(async { network.ports(host).await }).catch_unwind().await.unwrap_or_default();
                                let knocks = ports.into_iter().map(|port| {
                                    let service = SocketAddrV4::new(host, port);
                                    AssertUnwindSafe(async move { if network.knock(service).await { network.record(service) } }).catch_unwind()
                                });
                                join_all(knocks).await;
                            });
                        }
                        None => open = false,
                    },
                    Some(()) = scans.next() => {}
                }
            }
        });
        Self {
            hosts: Some(send),
            driver,
            _network: network,
        }
    }
    pub fn begin(&self, host: Ipv4Addr) {
        let hosts = self.hosts.as_ref().expect("only `finish` takes it");
        let _ = hosts.send(host);
    }
    pub async fn finish(mut self) {
        self.hosts = None;
        let _ = (&mut self.driver).await;
    }
    pub async fn stop(mut self) {
        self.driver.abort();
        let _ = (&mut self.driver).await;
    }
}

impl<N> Drop for Scanner<N> {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
