//! Mistake: a task is spawned and joined before the next one begins, so that two never run at once.
//! Rejected by: core::as_many_fetches_run_at_once_as_there_are_connections
//! Learner sees: with 3 connections free, only 1 of 3 fetches ran at once

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
        let mut results = Vec::new();
        for page in pages {
            let permit = self.owned().await;
            let fetch = fetch(page);
            let mut task = JoinSet::new();
            task.spawn(async move {
                let _permit = permit;
                fetch.await
            });
            results.extend(task.join_all().await);
        }
        results
    }

    async fn owned(&self) -> OwnedSemaphorePermit {
        let connections = Arc::clone(&self.connections);
        connections.acquire_owned().await.expect(NEVER_CLOSED)
    }
}

const NEVER_CLOSED: &str = "nobody closes the semaphore";
