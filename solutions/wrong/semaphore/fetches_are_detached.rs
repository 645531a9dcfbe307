//! Mistake: spawned tasks are kept by their handles, and a dropped handle does not stop its task.
//! Rejected by: pattern::a_dropped_crawl_cancels_its_fetches_and_gives_their_connections_back
//! Learner sees: the crawl was dropped, but 3 of its fetches are still alive

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

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
        let mut fetches = Vec::new();
        for page in pages {
            let permit = self.owned().await;
            let fetch = fetch(page);
            fetches.push(tokio::spawn(async move {
                let _permit = permit;
                fetch.await
            }));
        }
        let mut results = Vec::new();
        for fetch in fetches {
            match fetch.await {
                Ok(result) => results.push(result),
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
        results
    }

    async fn owned(&self) -> OwnedSemaphorePermit {
        let connections = Arc::clone(&self.connections);
        connections.acquire_owned().await.expect(NEVER_CLOSED)
    }
}

const NEVER_CLOSED: &str = "nobody closes the semaphore";
