//! Mistake: a set for each level, and `stop` shuts down the leaves first. A host that is still there spawns
//! another knock afterwards, in a set that nobody waits for any more.
//! Rejected by: pattern::stop_reaches_a_knock_that_a_host_begins_on_its_way_out
//! Learner sees: stop was called while 10.0.0.1 and 10.0.0.2 were listing their ports, and returned with 1 of the requests still alive

use std::mem;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::join_all;
use tokio::task::JoinSet;

pub trait Network: Send + Sync + 'static {
    fn ports(&self, host: Ipv4Addr) -> impl Future<Output = Vec<u16>> + Send;
    fn knock(&self, service: SocketAddrV4) -> impl Future<Output = bool> + Send;
    fn record(&self, service: SocketAddrV4);
}

pub async fn scan<N: Network>(network: Arc<N>, hosts: Vec<Ipv4Addr>) -> Vec<SocketAddrV4> {
    let network = &*network;
    let scans = hosts.into_iter().map(async |host| {
        let ports = AssertUnwindSafe(network.ports(host)).catch_unwind().await?;
        let knocks = ports.into_iter().map(async |port| {
            let service = SocketAddrV4::new(host, port);
            AssertUnwindSafe(network.knock(service))
                .catch_unwind()
                .await
                .map(|a| a.then_some(service))
        });
        join_all(knocks)
            .await
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
    });
    let mut found = Vec::new();
    for answers in join_all(scans).await {
        match answers {
            Ok(some) => found.extend(some.into_iter().flatten()),
            Err(panic) => panic::resume_unwind(panic),
        }
    }
    found.sort_unstable();
    found
}

pub struct Scanner<N> {
    network: Arc<N>,
    hosts: Mutex<JoinSet<()>>,
    knocks: Arc<Mutex<JoinSet<()>>>,
}

impl<N: Network> Scanner<N> {
    pub fn new(network: Arc<N>) -> Self {
        Self {
            network,
            hosts: Mutex::default(),
            knocks: Arc::default(),
        }
    }
    pub fn begin(&self, host: Ipv4Addr) {
        let network = Arc::clone(&self.network);
        let knocks = Arc::clone(&self.knocks);
        self.hosts
            .lock()
            .expect("nobody panics in here")
            .spawn(async move {
                for port in network.ports(host).await {
                    let network = Arc::clone(&network);
                    knocks
                        .lock()
                        .expect("nobody panics in here")
                        .spawn(async move {
                            let service = SocketAddrV4::new(host, port);
                            if network.knock(service).await {
                                network.record(service);
                            }
                        });
                }
            });
    }
    pub async fn finish(self) {
        let mut hosts = self.hosts.into_inner().expect("nobody panics in here");
        while hosts.join_next().await.is_some() {}
        let mut knocks = mem::take(&mut *self.knocks.lock().expect("nobody panics in here"));
        while knocks.join_next().await.is_some() {}
    }
    pub async fn stop(self) {
        let mut knocks = mem::take(&mut *self.knocks.lock().expect("nobody panics in here"));
        knocks.shutdown().await;
        self.hosts
            .into_inner()
            .expect("nobody panics in here")
            .shutdown()
            .await;
    }
}
