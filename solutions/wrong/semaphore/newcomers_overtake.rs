//! Mistake: a count and a `Notify`: whoever is woken has to look again, and a newcomer may have
//! been faster.
//! Rejected by: pattern::nobody_overtakes_those_who_wait
//! Learner sees: a connection came back, and `try_connect` took it from somebody who waited for it

use std::sync::{Mutex, PoisonError};

use futures::{StreamExt, stream};
use tokio::sync::Notify;

#[derive(Debug)]
pub struct Host {
    allowed: usize,
    free: Mutex<usize>,
    came_back: Notify,
}

#[derive(Debug)]
pub struct Connection<'host> {
    host: &'host Host,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        *self
            .host
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner) += 1;
        self.host.came_back.notify_one();
    }
}

impl Host {
    pub fn new(connections: usize) -> Self {
        assert!(connections > 0, "a host needs at least one connection");
        Self {
            allowed: connections,
            free: Mutex::new(connections),
            came_back: Notify::new(),
        }
    }

    pub async fn connect(&self) -> Connection<'_> {
        loop {
            if let Some(connection) = self.try_connect() {
                return connection;
            }
            self.came_back.notified().await;
        }
    }

    pub fn try_connect(&self) -> Option<Connection<'_>> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = free.checked_sub(1)?;
        Some(Connection { host: self })
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
