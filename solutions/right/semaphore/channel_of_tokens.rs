//! Design: Go's semaphore: a channel as large as the limit. Here it holds the free connections as
//! tokens; whoever has the receiver is first in line.

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::{Mutex, mpsc};

/// A host that allows a number of connections at once.
#[derive(Debug)]
pub struct Host {
    allowed: usize,
    come_back: mpsc::Sender<()>,
    /// The lock is the line: tokio's mutex goes to whoever asked first.
    free: Mutex<mpsc::Receiver<()>>,
}

/// One of a host's connections. Dropping it gives it back.
#[derive(Debug)]
pub struct Connection<'host> {
    host: &'host Host,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        let came_back = self.host.come_back.try_send(());
        came_back.expect("there is room for every token, and the host has the receiver");
    }
}

impl Host {
    /// A host that allows `connections` at once.
    ///
    /// # Panics
    /// If that is zero.
    pub fn new(connections: usize) -> Self {
        assert!(connections > 0, "a host needs at least one connection");
        let (come_back, free) = mpsc::channel(connections);
        for _ in 0..connections {
            come_back
                .try_send(())
                .expect("the channel has room for all");
        }
        Self {
            allowed: connections,
            come_back,
            free: Mutex::new(free),
        }
    }

    /// Takes a connection, as soon as there is one.
    pub async fn connect(&self) -> Connection<'_> {
        // Whoever gives up leaves the lock's line or lets go of the lock. A token is taken out of the
        // channel in the same poll that returns the connection, so none can be lost on the way.
        let token = self.free.lock().await.recv().await;
        token.expect("the host has a sender");
        Connection { host: self }
    }

    /// Takes a connection if one is free now and nobody waits for it.
    pub fn try_connect(&self) -> Option<Connection<'_>> {
        // Whoever waits for a token holds the lock.
        let mut free = self.free.try_lock().ok()?;
        free.try_recv().ok()?;
        Some(Connection { host: self })
    }

    /// Fetches all pages, and returns what each fetch came to, in any order.
    pub async fn crawl<P, T, E, F>(
        &self,
        pages: impl IntoIterator<Item = P>,
        fetch: impl Fn(P) -> F,
    ) -> Vec<Result<T, E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        // `buffer_unordered`, written out.
        let mut pages = pages.into_iter();
        let mut fetches = FuturesUnordered::new();
        let mut results = Vec::new();
        loop {
            while fetches.len() < self.allowed
                && let Some(page) = pages.next()
            {
                let fetch = fetch(page);
                fetches.push(async {
                    let _connection = self.connect().await;
                    fetch.await
                });
            }
            match fetches.next().await {
                Some(result) => results.push(result),
                None => return results,
            }
        }
    }
}
