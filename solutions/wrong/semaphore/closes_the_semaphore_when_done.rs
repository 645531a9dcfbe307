//! Mistake: a closed semaphore stays closed: whoever asks afterwards gets an error, and the next
//! crawl takes it for the end of its list.
//! Rejected by: core::a_host_can_be_crawled_again
//! Learner sees: the second crawl of 5 pages came back with 0 of them

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
            let permit = Arc::clone(&self.connections).acquire_owned().await;
            let Ok(permit) = permit else { break };
            let fetch = fetch(page);
            fetches.spawn(async move {
                let _permit = permit;
                fetch.await
            });
        }
        let results = fetches.join_all().await;
        self.connections.close();
        results
    }
}

const NEVER_CLOSED: &str = "nobody closes the semaphore";
