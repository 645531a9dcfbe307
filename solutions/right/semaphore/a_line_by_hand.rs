//! Design: a semaphore of our own: a count, and a line of oneshot channels. What travels through
//! them is the permit itself, so its destructor runs wherever it ends up.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// A host that allows a number of connections at once.
#[derive(Debug)]
pub struct Host {
    counter: Arc<Counter>,
}

/// One of a host's connections. Dropping it gives it back.
#[derive(Debug)]
pub struct Connection<'host> {
    _permit: Permit,
    /// The permit would live for as long as you like. A connection must not.
    _host: PhantomData<&'host Host>,
}

#[derive(Debug)]
struct Counter {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// While somebody waits, none is free.
    free: usize,
    line: VecDeque<oneshot::Sender<Permit>>,
}

#[derive(Debug)]
struct Permit {
    /// `None` once it has been passed on.
    counter: Option<Arc<Counter>>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(counter) = self.counter.take() else {
            return;
        };
        let next = {
            let mut state = counter.lock();
            let next = state.line.pop_front();
            if next.is_none() {
                state.free += 1;
            }
            next
        };
        if let Some(next) = next {
            let permit = Permit {
                counter: Some(counter),
            };
            // Whoever has left the line sends it back, or drops it with their channel, now or later.
            // Either way its destructor runs, and it goes to the next.
            drop(next.send(permit));
        }
    }
}

impl Counter {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_acquire(self: &Arc<Self>) -> Option<Permit> {
        let mut state = self.lock();
        state.free = state.free.checked_sub(1)?;
        Some(Permit {
            counter: Some(Arc::clone(self)),
        })
    }

    async fn acquire(self: &Arc<Self>) -> Permit {
        let turn = {
            let mut state = self.lock();
            if let Some(free) = state.free.checked_sub(1) {
                state.free = free;
                return Permit {
                    counter: Some(Arc::clone(self)),
                };
            }
            let (next, turn) = oneshot::channel();
            state.line.push_back(next);
            turn
        };
        turn.await
            .expect("the line is ours, and we are still there")
    }
}

impl Host {
    /// A host that allows `connections` at once.
    ///
    /// # Panics
    /// If that is zero.
    pub fn new(connections: usize) -> Self {
        assert!(connections > 0, "a host needs at least one connection");
        let state = State {
            free: connections,
            line: VecDeque::new(),
        };
        Self {
            counter: Arc::new(Counter {
                state: Mutex::new(state),
            }),
        }
    }

    /// Takes a connection, as soon as there is one.
    pub async fn connect(&self) -> Connection<'_> {
        Connection {
            _permit: self.counter.acquire().await,
            _host: PhantomData,
        }
    }

    /// Takes a connection if one is free now and nobody waits for it.
    pub fn try_connect(&self) -> Option<Connection<'_>> {
        Some(Connection {
            _permit: self.counter.try_acquire()?,
            _host: PhantomData,
        })
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
            let permit = self.counter.acquire().await;
            let fetch = fetch(page);
            fetches.spawn(async move {
                let _permit = permit;
                fetch.await
            });
        }
        fetches.join_all().await
    }
}
