//! Mistake: every page is a task at once, and waits there for its permit. The work is bounded, the
//! intake is not: the whole list is in memory.
//! Rejected by: pattern::the_list_is_read_no_further_than_needed
//! Learner sees: … pages were taken from the list and not yet fetched, but the host allows 3 connections, so 4 are enough

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
            let connections = Arc::clone(&self.connections);
            let fetch = fetch(page);
            fetches.spawn(async move {
                let _permit = connections.acquire().await.expect(NEVER_CLOSED);
                fetch.await
            });
        }
        fetches.join_all().await
    }
}

const NEVER_CLOSED: &str = "nobody closes the semaphore";
