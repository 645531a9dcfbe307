//! Mistake: the crawl takes all connections for itself, for as long as it runs. Everybody else
//! waits for its end.
//! Rejected by: pattern::a_crawl_lets_others_have_their_turn
//! Learner sees: somebody asked for a connection 5 ms after a crawl of 20 pages began, and had to wait until … ms: until it was over

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
        let all = u32::try_from(self.allowed).expect("no host allows so many");
        let _all = self.connections.acquire_many(all).await;
        stream::iter(pages)
            .map(fetch)
            .buffer_unordered(self.allowed)
            .collect()
            .await
    }
}

const NEVER_CLOSED: &str = "nobody closes the semaphore";
