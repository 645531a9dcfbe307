//! Mistake: the permit is forgotten and given back by hand after the fetch, whatever it came to. A
//! fetch that is cancelled never gets there.
//! Rejected by: pattern::a_dropped_crawl_cancels_its_fetches_and_gives_their_connections_back
//! Learner sees: the crawl was dropped, and now the host has 0 of its 3 connections left

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::task::JoinSet;

#[derive(Debug)]
pub struct Host {
    connections: Arc<Semaphore>,
}

#[derive(Debug)]
pub struct Connection<'host> {
    _permit: SemaphorePermit<'host>,
}

impl Host {
    pub fn new(connections: usize) -> Self {
        assert!(connections > 0, "a host needs at least one connection");
        Self {
            connections: Arc::new(Semaphore::new(connections)),
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
        T: Send + 'static,
        E: Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let mut fetches = JoinSet::new();
        for page in pages {
            self.owned().await.forget();
            let connections = Arc::clone(&self.connections);
            let fetch = fetch(page);
            fetches.spawn(async move {
                let result = fetch.await;
                connections.add_permits(1);
                result
            });
        }
        fetches.join_all().await
    }

    async fn owned(&self) -> OwnedSemaphorePermit {
        let connections = Arc::clone(&self.connections);
        connections.acquire_owned().await.expect(NEVER_CLOSED)
    }
}

const NEVER_CLOSED: &str = "nobody closes the semaphore";
