//! Mistake: an owned permit has no lifetime, so a connection may be kept for longer than its host.
//! Rejected by: pattern::a_connection_cannot_outlive_its_host
//! Learner sees: `semaphore/connection_outlives_its_host.rs` compiles, but must not: the connection would be open when its host is gone

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

#[derive(Debug)]
pub struct Host {
    connections: Arc<Semaphore>,
}

#[derive(Debug)]
pub struct Connection {
    _permit: OwnedSemaphorePermit,
}

impl Host {
    pub fn new(connections: usize) -> Self {
        assert!(connections > 0, "a host needs at least one connection");
        Self {
            connections: Arc::new(Semaphore::new(connections)),
        }
    }

    pub async fn connect(&self) -> Connection {
        Connection {
            _permit: self.owned().await,
        }
    }

    pub fn try_connect(&self) -> Option<Connection> {
        let permit = Arc::clone(&self.connections).try_acquire_owned().ok()?;
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
            let permit = self.owned().await;
            let fetch = fetch(page);
            fetches.spawn(async move {
                let _permit = permit;
                fetch.await
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
