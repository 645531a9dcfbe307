//! Two owners. `scan` wants what its tasks return, so each level of the tree has a `JoinSet`.
//! `Scanner` wants none of it, and has to know when tasks of any level are gone: one `TaskTracker` for
//! the whole tree.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic;
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// The office's network. All waiting is tokio's.
pub trait Network: Send + Sync + 'static {
    /// Asks `host` for the ports that it has in use, in whatever order.
    fn ports(&self, host: Ipv4Addr) -> impl Future<Output = Vec<u16>> + Send;
    /// Knocks at a port: whether a service answers there.
    fn knock(&self, service: SocketAddrV4) -> impl Future<Output = bool> + Send;
    /// Writes down a service that has answered. It does not wait.
    fn record(&self, service: SocketAddrV4);
}

/// Scans `hosts`, and returns the services that have answered: by address, then by port.
///
/// When it returns, none of its tasks is alive. If one of them panics, `scan` panics after the last has
/// ended.
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

/// What all tasks of a set return. A panic goes on to the caller, as at the end of a
/// [`thread::scope`](std::thread::scope): once all of them have ended.
///
/// [`JoinSet::join_all`] would pass the first panic on at once. It drops the set then, which tells the
/// other tasks to stop and does not wait.
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

/// Scans hosts in the background, until it is finished, stopped or dropped.
pub struct Scanner<N> {
    network: Arc<N>,
    tasks: Tasks,
    /// Tells all tasks to stop when the scanner is dropped: a [`TaskTracker`] alone lets them run on.
    _stop: DropGuard,
}

impl<N: Network> Scanner<N> {
    /// A scanner that has nothing to do yet.
    pub fn new(network: Arc<N>) -> Self {
        let tasks = Tasks::default();
        let stop = tasks.stop.clone().drop_guard();
        Self {
            network,
            tasks,
            _stop: stop,
        }
    }

    /// Begins to scan `host`, and returns at once.
    pub fn begin(&self, host: Ipv4Addr) {
        let (network, tasks) = (Arc::clone(&self.network), self.tasks.clone());
        self.tasks.spawn(async move {
            for port in network.ports(host).await {
                let (network, service) = (Arc::clone(&network), SocketAddrV4::new(host, port));
                // Owned by the scanner, not by this task, which may end before they do.
                tasks.spawn(async move {
                    if network.knock(service).await {
                        network.record(service);
                    }
                });
            }
        });
    }

    /// Waits until every scan that was begun has come to its end.
    pub async fn finish(self) {
        self.tasks.gone().await;
    }

    /// Cancels every scan that is under way, and returns when nothing is left of them.
    pub async fn stop(self) {
        self.tasks.stop.cancel();
        self.tasks.gone().await;
    }
}

/// The tasks of a tree, whatever their level: the token tells them to stop, the tracker knows when they
/// are gone.
#[derive(Clone, Default)]
struct Tasks {
    stop: CancellationToken,
    alive: TaskTracker,
}

impl Tasks {
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.alive.spawn(async move {
            stop.run_until_cancelled(work).await;
        });
    }

    /// Waits until no task is alive. A task that spawns another is itself alive until it has done so,
    /// so the count does not touch zero in between.
    async fn gone(&self) {
        self.alive.close();
        self.alive.wait().await;
    }
}
