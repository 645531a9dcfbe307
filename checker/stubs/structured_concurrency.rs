//! # Structured concurrency
//!
//! An office moves, and nobody knows what runs on its network. You write what finds out: it asks each
//! host for the ports that it has in use, and knocks at each of them to hear whether a service
//! answers. So the work is a tree: a scan has hosts, a host has knocks. Build it so that no part of
//! the tree outlives the part that it belongs to.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! The chapter is `src/structured_concurrency.md`; check your work with
//!
//! ```text
//! cargo test -p exercises --test structured_concurrency
//! ```

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

/// The office's network. All waiting is tokio's.
pub trait Network: Send + Sync + 'static {
    /// Asks `host` for the ports that it has in use, in whatever order.
    fn ports(&self, host: Ipv4Addr) -> impl Future<Output = Vec<u16>> + Send;
    /// Knocks at a port: whether a service answers there.
    fn knock(&self, service: SocketAddrV4) -> impl Future<Output = bool> + Send;
    /// Writes down a service that has answered. It does not wait.
    fn record(&self, service: SocketAddrV4);
}

/// Scans `hosts`, and returns the services that have answered: by address, then by port, both in the order
/// of their numbers.
///
/// All hosts are asked at once. As soon as one has listed its ports, all of them are knocked at, at
/// once; it waits for no other host. An answer may take its time: there is no time limit. Nothing is
/// [recorded](Network::record): the caller has the list.
///
/// When it returns, nothing of it is left: each request has ended, and its future is dropped. Whoever
/// drops the future of `scan` itself cancels its requests with it, those of the hosts and those of the
/// ports; they are gone soon after, as soon as the runtime gets round to it.
///
/// If a request panics, `scan` panics, but not before all others have ended or are cancelled and gone.
///
/// **Stretch:** The panic of `scan` carries the very value that the request panicked with.
pub async fn scan<N: Network>(network: Arc<N>, hosts: Vec<Ipv4Addr>) -> Vec<SocketAddrV4> {
    let _ = network;
    todo!("scan of {} hosts", hosts.len())
}

/// Scans hosts in the background: one after another comes up in the course of a day, and each is
/// scanned then.
///
/// Dropping the scanner cancels all that is under way, and nothing new begins. A drop cannot wait: the
/// requests are gone soon after.
pub struct Scanner<N> {
    // Who owns the tasks that `begin` starts, and those that they start?
    _network: Arc<N>,
}

impl<N: Network> Scanner<N> {
    /// A scanner that has nothing to do yet. Like [`begin`](Self::begin), it is called within a tokio
    /// runtime.
    pub fn new(network: Arc<N>) -> Self {
        let _ = network;
        todo!("Scanner::new")
    }

    /// Begins to scan `host`, and returns at once. It is called within a tokio runtime, by several threads
    /// at the same time as well.
    ///
    /// Scans that were begun run at the same time, two of the same host as well. Each service is recorded
    /// as soon as it has answered. If a request panics, that does no harm to the scans of other hosts.
    pub fn begin(&self, host: Ipv4Addr) {
        todo!("begin {host}")
    }

    /// Waits until every scan that was begun has come to its end.
    ///
    /// When it returns, nothing is left of them. That one of them panicked is no reason not to return.
    /// Whoever loses patience and drops the future of `finish` drops the scanner with it.
    pub async fn finish(self) {
        todo!("finish")
    }

    /// Cancels every scan that is under way, at once, and returns when nothing is left of them: no
    /// request to a host, and no knock at a port.
    pub async fn stop(self) {
        todo!("stop")
    }
}
