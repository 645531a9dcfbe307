//! Design: an owner that is itself a task. Hosts come to it through a channel, and all other tasks,
//! whatever their level, are in its one `JoinSet`: a host's task returns its ports, and the owner spawns
//! the knocks.

use std::marker::PhantomData;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic;
use std::sync::Arc;

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
    let mut tree = Tree::new(network);
    for host in hosts {
        tree.list(host);
    }
    let (mut found, mut panicked) = (Vec::new(), None);
    while let Some(ended) = tree.tasks.join_next().await {
        match ended {
            Ok(step) => found.extend(tree.go_on(step)),
            Err(error) => panicked = panicked.or(Some(error)),
        }
    }
    if let Some(error) = panicked {
        panic::resume_unwind(error.into_panic());
    }
    found.sort_unstable();
    found
}

/// All tasks of a scan, without regard to who asked for them.
struct Tree<N> {
    network: Arc<N>,
    tasks: JoinSet<Step>,
}

/// What a task has come to.
enum Step {
    Listed(Ipv4Addr, Vec<u16>),
    Knocked(Option<SocketAddrV4>),
}

impl<N: Network> Tree<N> {
    fn new(network: Arc<N>) -> Self {
        Self {
            network,
            tasks: JoinSet::new(),
        }
    }

    fn list(&mut self, host: Ipv4Addr) {
        let network = Arc::clone(&self.network);
        self.tasks
            .spawn(async move { Step::Listed(host, network.ports(host).await) });
    }

    /// Knocks at the ports of a host that has listed them, or says which service has answered.
    fn go_on(&mut self, step: Step) -> Option<SocketAddrV4> {
        match step {
            Step::Listed(host, ports) => {
                for port in ports {
                    let network = Arc::clone(&self.network);
                    let service = SocketAddrV4::new(host, port);
                    self.tasks.spawn(async move {
                        Step::Knocked(network.knock(service).await.then_some(service))
                    });
                }
                None
            }
            Step::Knocked(answer) => answer,
        }
    }
}

pub struct Scanner<N> {
    hosts: mpsc::UnboundedSender<Ipv4Addr>,
    stop: oneshot::Sender<()>,
    /// Aborted when it is dropped. Its tree goes with it, and that aborts the rest.
    owner: AbortOnDropHandle<()>,
    _network: PhantomData<fn(N)>,
}

impl<N: Network> Scanner<N> {
    /// Called within a runtime, since the owner is a task from the start.
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
        // The owner listens for as long as this sender is there.
        let _ = self.hosts.send(host);
    }

    pub async fn finish(self) {
        // The `stop` sender stays until the end: its drop would tell the owner to stop.
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
    let mut tree = Tree::new(network);
    let mut more_to_come = true;
    while more_to_come || !tree.tasks.is_empty() {
        select! {
            host = hosts.recv(), if more_to_come => match host {
                Some(host) => tree.list(host),
                None => more_to_come = false,
            },
            // A task that panicked has nothing to go on with.
            Some(ended) = tree.tasks.join_next() => {
                if let Some(service) = ended.ok().and_then(|step| tree.go_on(step)) {
                    tree.network.record(service);
                }
            }
            _ = &mut stop => break,
        }
    }
    tree.tasks.shutdown().await;
}
