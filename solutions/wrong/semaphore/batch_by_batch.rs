//! Mistake: as many pages as there are connections, and the next batch when all of them are done.
//! One slow page leaves the other connections idle.
//! Rejected by: pattern::a_slow_page_holds_up_no_other
//! Learner sees: the slow page kept one of 2 connections, and of the 5 other pages only 1 came through the other one before it stayed free

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::task::JoinSet;

#[derive(Debug)]
pub struct Host {
    allowed: usize,
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
            allowed: connections,
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
        let mut pages = pages.into_iter();
        let mut results = Vec::new();
        loop {
            let mut batch = JoinSet::new();
            for page in pages.by_ref().take(self.allowed) {
                let permit = self.owned().await;
                let fetch = fetch(page);
                batch.spawn(async move {
                    let _permit = permit;
                    fetch.await
                });
            }
            if batch.is_empty() {
                return results;
            }
            results.extend(batch.join_all().await);
        }
    }

    async fn owned(&self) -> OwnedSemaphorePermit {
        let connections = Arc::clone(&self.connections);
        connections.acquire_owned().await.expect(NEVER_CLOSED)
    }
}

const NEVER_CLOSED: &str = "nobody closes the semaphore";
