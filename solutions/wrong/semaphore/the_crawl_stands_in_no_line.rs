//! Mistake: the crawl tries for a connection every millisecond instead of waiting in line, so others are served before it.
//! Rejected by: pattern::a_crawl_stands_in_line_like_everybody_else
//! Learner sees: a visitor, a crawl and another visitor stood in line in this order, and were served in the order first visitor, last visitor, crawl

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinSet;
use tokio::time::sleep;

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
            let permit = loop {
                let connections = Arc::clone(&self.connections);
                if let Ok(permit) = connections.try_acquire_owned() {
                    break permit;
                }
                sleep(Duration::from_millis(1)).await;
            };
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
}

const NEVER_CLOSED: &str = "nobody closes the semaphore";
