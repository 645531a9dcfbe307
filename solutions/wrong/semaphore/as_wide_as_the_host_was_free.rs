//! Mistake: the connections that are free when the crawl begins are taken for those that are allowed.
//! Rejected by: pattern::a_crawl_under_way_uses_what_others_give_back
//! Learner sees: a crawl began with 1 of 3 connections free, the 2 others came back, and still only 1 of 3 fetches ran at once

use futures::{StreamExt, stream};
use tokio::sync::{Semaphore, SemaphorePermit};

/// A host that allows a number of connections at once.
#[derive(Debug)]
pub struct Host {
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
        let free = self.connections.available_permits().max(1);
        let fetches = stream::iter(pages).map(|page| async {
            let _connection = self.connect().await;
            fetch(page).await
        });
        fetches.buffer_unordered(free).collect().await
    }
}
