//! Mistake: `buffered` hands results out in order, and what has finished keeps its place until its
//! turn comes. Behind a slow page nothing new begins.
//! Rejected by: pattern::a_slow_page_holds_up_no_other
//! Learner sees: the slow page kept one of 2 connections, and of the 5 other pages only 1 came through the other one before it stayed free

use futures::{StreamExt, stream};
use tokio::sync::{Semaphore, SemaphorePermit};

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
        F: Future<Output = Result<T, E>>,
    {
        let fetches = stream::iter(pages).map(|page| async {
            let _connection = self.connect().await;
            fetch(page).await
        });
        fetches.buffered(self.allowed).collect().await
    }
}

const NEVER_CLOSED: &str = "nobody closes the semaphore";
