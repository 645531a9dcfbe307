//! Design: as many workers as there are connections, all in one future. Each takes a connection,
//! then a page from the list that they share.

use std::sync::{Mutex, PoisonError};

use futures::future::join_all;
use tokio::sync::{Semaphore, SemaphorePermit};

/// A host that allows a number of connections at once.
#[derive(Debug)]
pub struct Host {
    allowed: usize,
    connections: Semaphore,
}

/// One of a host's connections. Dropping it gives it back.
#[derive(Debug)]
pub struct Connection<'host> {
    _permit: SemaphorePermit<'host>,
}

impl Host {
    /// A host that allows `connections` at once.
    ///
    /// # Panics
    /// If that is zero.
    pub fn new(connections: usize) -> Self {
        assert!(connections > 0, "a host needs at least one connection");
        Self {
            allowed: connections,
            connections: Semaphore::new(connections),
        }
    }

    /// Takes a connection, as soon as there is one.
    pub async fn connect(&self) -> Connection<'_> {
        let permit = self.connections.acquire().await;
        Connection {
            _permit: permit.expect("nobody closes the semaphore"),
        }
    }

    /// Takes a connection if one is free now and nobody waits for it.
    pub fn try_connect(&self) -> Option<Connection<'_>> {
        let permit = self.connections.try_acquire().ok()?;
        Some(Connection { _permit: permit })
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
        let pages = Mutex::new(pages.into_iter());
        let next = || pages.lock().unwrap_or_else(PoisonError::into_inner).next();
        let worker = async || {
            let mut results = Vec::new();
            loop {
                // Given back after each page, so that others get their turn.
                let _connection = self.connect().await;
                let Some(page) = next() else { break results };
                results.push(fetch(page).await);
            }
        };
        let workers = (0..self.allowed).map(|_| worker());
        join_all(workers).await.into_iter().flatten().collect()
    }
}
