//! Mistake: each request gets a time limit of half a minute, which the documentation does not have.
//! Rejected by: pattern::a_slow_request_is_waited_for
//! Learner sees: nobody failed, but fail_fast returned an error: hotels: deadline has elapsed

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::{self, JoinSet};
use tokio::time::timeout;

#[derive(Debug)]
pub struct Request<F> {
    pub service: &'static str,
    pub reply: F,
}

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

struct Group<T> {
    tasks: JoinSet<Result<T>>,
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
            .map(|(place, request)| {
                (
                    tasks.spawn(in_time(request.reply)).id(),
                    (place, request.service),
                )
            })
            .collect();
        Self { tasks, asked }
    }

    async fn next(&mut self) -> Option<(usize, Result<T>)> {
        // Two layers: did the task run to its end, and if so, what did the request come to?
        let (id, reply) = match self.tasks.join_next_with_id().await? {
            Ok((id, reply)) => (id, reply),
            Err(panic) => (panic.id(), Err(panic.into())),
        };
        let (place, service) = self.asked[&id];
        Some((place, reply.context(service)))
    }

    async fn cancel(mut self) {
        // Dropping the set would only tell the tasks to stop.
        self.tasks.shutdown().await;
    }
}

async fn in_time<T>(reply: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(Duration::from_secs(30), reply).await?
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
