//! Mistake: the result of a task is unwrapped, so the caller hears a `JoinError`, and not what the fetch panicked with.
//! Rejected by: stretch::the_panic_of_a_crawl_is_the_fetchs_own
//! Learner sees: page 2 panicked with a value of its own, an `Endless`, but the panic of `crawl` carried "called `Result::unwrap()` on an `Err` value: JoinError::Panic(Id(…), ...)"

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
        // The line, its order and leaving it are the semaphore's.
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
            // Before the spawn: a page that has no connection yet is no task yet, and the next one
            // has not been taken.
            let permit = self.owned().await;
            let fetch = fetch(page);
            fetches.spawn(async move {
                // The task holds it, so it comes back however the task ends: with a page, with an
                // error, by a panic or an abort.
                let _permit = permit;
                fetch.await
            });
        }
        // Passes a panic on. The set then drops, and aborts what is left.
        let mut results = Vec::new();
        while let Some(result) = fetches.join_next().await {
            results.push(result.unwrap());
        }
        results
    }

    async fn owned(&self) -> OwnedSemaphorePermit {
        let connections = Arc::clone(&self.connections);
        connections.acquire_owned().await.expect(NEVER_CLOSED)
    }
}

const NEVER_CLOSED: &str = "nobody closes the semaphore";
