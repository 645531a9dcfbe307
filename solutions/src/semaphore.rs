//! A semaphore inside, and two kinds of permit: the public one borrows the host, the one that goes
//! into a task owns a share of it.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::task::JoinSet;

/// A host that allows a number of connections at once.
#[derive(Debug)]
pub struct Host {
    /// In an `Arc`, because the tasks of a crawl take permits that must not borrow.
    connections: Arc<Semaphore>,
}

/// One of a host's connections. Dropping it gives it back.
#[derive(Debug)]
pub struct Connection<'host> {
    /// Has a destructor, and that is all we need of it. Its lifetime keeps us within the host's.
    _permit: SemaphorePermit<'host>,
}

impl Host {
    /// A host that allows `connections` at once.
    ///
    /// # Panics
    /// If that is zero.
    pub fn new(connections: usize) -> Self {
        assert!(connections > 0, "a host needs at least one connection");
        Self {
            connections: Arc::new(Semaphore::new(connections)),
        }
    }

    /// Takes a connection, as soon as there is one.
    pub async fn connect(&self) -> Connection<'_> {
        // The line, its order and leaving it are the semaphore's.
        let permit = self.connections.acquire().await;
        Connection {
            _permit: permit.expect(NEVER_CLOSED),
        }
    }

    /// Takes a connection if one is free now and no caller waits for it.
    pub fn try_connect(&self) -> Option<Connection<'_>> {
        let permit = self.connections.try_acquire().ok()?;
        Some(Connection { _permit: permit })
    }

    /// Fetches all pages, and returns what each fetch came to, in any order.
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
        fetches.join_all().await
    }

    async fn owned(&self) -> OwnedSemaphorePermit {
        let connections = Arc::clone(&self.connections);
        connections.acquire_owned().await.expect(NEVER_CLOSED)
    }
}

const NEVER_CLOSED: &str = "the semaphore is never closed";
