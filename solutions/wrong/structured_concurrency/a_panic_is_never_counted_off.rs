//! Mistake: a wait group by hand, and the last line of each task counts it off. A task that panics does
//! not come to its last line.
//! Rejected by: pattern::a_panic_in_the_background_does_other_hosts_no_harm
//! Learner sees: every scan has ended, but finish never returned

use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;
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
    tasks: Arc<Tasks>,
    _stop: DropGuard,
}

impl<N: Network> Scanner<N> {
    pub fn new(network: Arc<N>) -> Self {
        let tasks = Arc::new(Tasks::default());
        let stop = tasks.stop.clone().drop_guard();
        Self {
            network,
            tasks,
            _stop: stop,
        }
    }

    pub fn begin(&self, host: Ipv4Addr) {
        let (network, tasks) = (Arc::clone(&self.network), Arc::clone(&self.tasks));
        self.tasks.spawn(async move {
            for port in network.ports(host).await {
                let (network, service) = (Arc::clone(&network), SocketAddrV4::new(host, port));
                tasks.spawn(async move {
                    if network.knock(service).await {
                        network.record(service);
                    }
                });
            }
        });
    }

    pub async fn finish(self) {
        self.tasks.gone().await;
    }

    pub async fn stop(self) {
        self.tasks.stop.cancel();
        self.tasks.gone().await;
    }
}

#[derive(Default)]
struct Tasks {
    stop: CancellationToken,
    running: AtomicUsize,
    ended: Notify,
}

impl Tasks {
    fn spawn(self: &Arc<Self>, work: impl Future<Output = ()> + Send + 'static) {
        let tasks = Arc::clone(self);
        tasks.running.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(async move {
            tasks.stop.run_until_cancelled(work).await;
            tasks.done();
        });
    }

    fn done(&self) {
        if self.running.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.ended.notify_waiters();
        }
    }

    async fn gone(&self) {
        let ended = self.ended.notified();
        if self.running.load(Ordering::SeqCst) > 0 {
            ended.await;
        }
    }
}
