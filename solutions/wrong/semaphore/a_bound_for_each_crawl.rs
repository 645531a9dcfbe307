//! Mistake: `buffer_unordered` bounds one stream. Two crawls of the same host are two streams, and
//! twice as many fetches.
//! Rejected by: pattern::two_crawls_share_the_connections
//! Learner sees: … fetches ran at once, but the host allows 3 connections

use futures::{StreamExt, stream};
use tokio::sync::{Semaphore, SemaphorePermit};

#[derive(Debug)]
pub struct Host {
    allowed: usize,
    connections: Semaphore,
}

#[derive(Debug)]
pub struct Connection<'host> {
    _permit: SemaphorePermit<'host>,
}

impl Host {
    pub fn new(connections: usize) -> Self {
        assert!(connections > 0, "a host needs at least one connection");
        Self {
            allowed: connections,
            connections: Semaphore::new(connections),
        }
    }

    pub async fn connect(&self) -> Connection<'_> {
        let permit = self.connections.acquire().await;
        Connection {
            _permit: permit.expect(NEVER_CLOSED),
        }
    }

    pub fn try_connect(&self) -> Option<Connection<'_>> {
        let permit = self.connections.try_acquire().ok()?;
        Some(Connection { _permit: permit })
    }

    pub async fn crawl<P, T, E, F>(
        &self,
        pages: impl IntoIterator<Item = P>,
        fetch: impl Fn(P) -> F,
    ) -> Vec<Result<T, E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        stream::iter(pages)
            .map(fetch)
            .buffer_unordered(self.allowed)
            .collect()
            .await
    }
}

const NEVER_CLOSED: &str = "nobody closes the semaphore";
