//! Mistake: a visitor that waits looks again every millisecond, instead of being woken.
//! Rejected by: pattern::whoever_waits_sleeps_until_then
//! Learner sees: somebody waited 1000 ms for a connection and looked … times whether one was free, instead of sleeping until then

use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::sleep;

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
        loop {
            if let Some(connection) = self.try_connect() {
                return connection;
            }
            sleep(Duration::from_millis(1)).await;
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
        let fetches = stream::iter(pages).map(|page| async {
            let _connection = self.connect().await;
            fetch(page).await
        });
        fetches.buffer_unordered(self.allowed).collect().await
    }
}
