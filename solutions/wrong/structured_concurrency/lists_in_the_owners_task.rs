//! Mistake: one task owns the scanner's whole tree, and asks the hosts itself. A list that panics ends the
//! owner, and the set of all knocks is dropped with it.
//! Rejected by: pattern::a_list_that_panics_in_the_background_does_other_hosts_no_harm
//! Learner sees: 10.0.0.1 panicked when it was asked for its ports. 10.0.0.2 has services at 22 and 80, but recorded were nothing

use std::marker::PhantomData;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::select;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

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
    hosts: mpsc::UnboundedSender<Ipv4Addr>,
    stop: oneshot::Sender<()>,
    owner: AbortOnDropHandle<()>,
    _network: PhantomData<fn(N)>,
}

impl<N: Network> Scanner<N> {
    pub fn new(network: Arc<N>) -> Self {
        let (hosts, requested) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        Self {
            hosts,
            stop,
            owner: AbortOnDropHandle::new(tokio::spawn(own(network, requested, stopped))),
            _network: PhantomData,
        }
    }

    pub fn begin(&self, host: Ipv4Addr) {
        let _ = self.hosts.send(host);
    }

    pub async fn finish(self) {
        let Self {
            hosts, stop, owner, ..
        } = self;
        drop(hosts);
        let _ = owner.await;
        drop(stop);
    }

    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.owner.await;
    }
}

async fn own<N: Network>(
    network: Arc<N>,
    mut hosts: mpsc::UnboundedReceiver<Ipv4Addr>,
    mut stop: oneshot::Receiver<()>,
) {
    let list = async |host| (host, network.ports(host).await);
    let (mut lists, mut knocks) = (FuturesUnordered::new(), JoinSet::new());
    let mut more_to_come = true;
    while more_to_come || !lists.is_empty() || !knocks.is_empty() {
        select! {
            host = hosts.recv(), if more_to_come => match host {
                Some(host) => lists.push(list(host)),
                None => more_to_come = false,
            },
            Some((host, ports)) = lists.next() => {
                for port in ports {
                    let (network, service) = (Arc::clone(&network), SocketAddrV4::new(host, port));
                    knocks.spawn(async move {
                        if network.knock(service).await {
                            network.record(service);
                        }
                    });
                }
            }
            Some(_) = knocks.join_next() => {}
            _ = &mut stop => break,
        }
    }
    knocks.shutdown().await;
}
