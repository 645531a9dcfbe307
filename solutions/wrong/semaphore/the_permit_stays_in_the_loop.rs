//! Mistake: the permit is bound, but to a name that the task does not use. It is dropped when the
//! loop turns, and not when the fetch ends.
//! Rejected by: core::no_more_fetches_run_at_once_than_there_are_connections
//! Learner sees: … fetches ran at once, but the host allows 3 connections

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};
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
            let _connection = self.connect().await;
            fetches.spawn(fetch(page));
        }
        fetches.join_all().await
    }
}

const NEVER_CLOSED: &str = "nobody closes the semaphore";
