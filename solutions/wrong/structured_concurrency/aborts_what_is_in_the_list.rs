//! Mistake: a list of abort handles in place of a token. It stops what is in it by now; a host that runs just then
//! goes on to its next `.await`, and spawns knocks that nobody aborts any more.
//! Rejected by: pattern::stop_reaches_a_knock_that_a_host_begins_on_its_way_out
//! Learner sees: stop was called while 10.0.0.1 was listing its port. Then a knock began that nobody has cancelled, and stop never returned

use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::{AbortHandle, JoinSet};
use tokio_util::task::TaskTracker;

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
    tasks: Tasks,
}

impl<N: Network> Scanner<N> {
    pub fn new(network: Arc<N>) -> Self {
        Self {
            network,
            tasks: Tasks::default(),
        }
    }

    pub fn begin(&self, host: Ipv4Addr) {
        let (network, tasks) = (Arc::clone(&self.network), self.tasks.clone());
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
        self.tasks.abort_all();
        self.tasks.gone().await;
    }
}

impl<N> Drop for Scanner<N> {
    fn drop(&mut self) {
        self.tasks.abort_all();
    }
}

#[derive(Clone, Default)]
struct Tasks {
    alive: TaskTracker,
    handles: Arc<Mutex<Vec<AbortHandle>>>,
}

impl Tasks {
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let handle = self.alive.spawn(work).abort_handle();
        self.handles().push(handle);
    }

    /// Aborts all that are in the list by now.
    fn abort_all(&self) {
        self.handles().iter().for_each(AbortHandle::abort);
    }

    fn handles(&self) -> MutexGuard<'_, Vec<AbortHandle>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn gone(&self) {
        self.alive.close();
        self.alive.wait().await;
    }
}
