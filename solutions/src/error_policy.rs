//! Both policies on one group of tasks: they differ only in what they do with a failure.

use std::collections::HashMap;

use anyhow::{Context, Result};
use tokio::task::{self, JoinSet};

/// What to ask one service.
#[derive(Debug)]
pub struct Request<F> {
    /// The service's name, as an error has to give it.
    pub service: &'static str,
    /// Asks, and brings the reply. Like every future it does nothing until somebody polls it.
    pub reply: F,
}

/// Asks all services at once. The first failure ends it for all.
///
/// Returns the replies in the order of the requests. When it returns, none of them is alive.
///
/// # Errors
/// The failure that came first, a panic included, with the service's name as its context.
pub async fn fail_fast<T, F>(requests: Vec<Request<F>>) -> Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut replies = room_for(&requests);
    let mut group = Group::start(requests);
    while let Some((place, reply)) = group.next().await {
        match reply {
            Ok(reply) => replies[place] = Some(reply),
            Err(first) => {
                group.cancel().await;
                return Err(first);
            }
        }
    }
    Ok(in_order(replies))
}

/// Asks all services at once, and lets each of them come to its end.
///
/// Returns what each request came to, in the order of the requests.
pub async fn collect_all<T, F>(requests: Vec<Request<F>>) -> Vec<Result<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut replies = room_for(&requests);
    let mut group = Group::start(requests);
    while let Some((place, reply)) = group.next().await {
        replies[place] = Some(reply);
    }
    in_order(replies)
}

/// Requests on their way. Whoever drops the group cancels them, since a [`JoinSet`] does.
struct Group<T> {
    tasks: JoinSet<Result<T>>,
    /// Where each task's reply belongs, and whose it is. A task that panics returns nothing that
    /// could tell; its id survives it.
    asked: HashMap<task::Id, (usize, &'static str)>,
}

impl<T: Send + 'static> Group<T> {
    fn start<F>(requests: Vec<Request<F>>) -> Self
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut tasks = JoinSet::new();
        let asked = requests
            .into_iter()
            .enumerate()
            .map(|(place, request)| (tasks.spawn(request.reply).id(), (place, request.service)))
            .collect();
        Self { tasks, asked }
    }

    /// The next request to end, with its place and what it came to.
    async fn next(&mut self) -> Option<(usize, Result<T>)> {
        // Two layers: did the task run to its end, and if so, what did the request come to?
        let (id, reply) = match self.tasks.join_next_with_id().await? {
            Ok((id, reply)) => (id, reply),
            Err(panic) => (panic.id(), Err(panic.into())),
        };
        let (place, service) = self.asked[&id];
        Some((place, reply.context(service)))
    }

    /// Cancels what is left, and waits until it is gone.
    async fn cancel(mut self) {
        // Dropping the set would only tell the tasks to stop.
        self.tasks.shutdown().await;
    }
}

fn room_for<T, F>(requests: &[Request<F>]) -> Vec<Option<T>> {
    requests.iter().map(|_| None).collect()
}

fn in_order<T>(places: Vec<Option<T>>) -> Vec<T> {
    places
        .into_iter()
        .map(|place| place.expect("every task has ended, and filled its place"))
        .collect()
}
