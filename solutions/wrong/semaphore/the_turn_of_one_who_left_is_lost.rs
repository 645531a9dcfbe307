//! Mistake: a line of oneshot channels that carry a mere `()`. Whoever leaves after their turn was
//! announced takes the connection along.
//! Rejected by: pattern::whoever_leaves_at_the_last_moment_takes_no_connection_along
//! Learner sees: a visitor left just when their turn had come, and the next in line never got the connection

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::{StreamExt, stream};
use tokio::sync::oneshot;

#[derive(Debug)]
pub struct Host {
    allowed: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    line: VecDeque<oneshot::Sender<()>>,
}

#[derive(Debug)]
pub struct Connection<'host> {
    host: &'host Host,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        let mut state = self.host.lock();
        while let Some(next) = state.line.pop_front() {
            if next.send(()).is_ok() {
                return;
            }
        }
        state.free += 1;
    }
}

impl Host {
    pub fn new(connections: usize) -> Self {
        assert!(connections > 0, "a host needs at least one connection");
        Self {
            allowed: connections,
            state: Mutex::new(State {
                free: connections,
                line: VecDeque::new(),
            }),
        }
    }

    pub async fn connect(&self) -> Connection<'_> {
        let turn = {
            let mut state = self.lock();
            if state.free > 0 {
                state.free -= 1;
                return Connection { host: self };
            }
            let (my_turn, turn) = oneshot::channel();
            state.line.push_back(my_turn);
            turn
        };
        turn.await.expect("the host keeps the line");
        Connection { host: self }
    }

    pub fn try_connect(&self) -> Option<Connection<'_>> {
        let mut state = self.lock();
        state.free = state.free.checked_sub(1)?;
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

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
