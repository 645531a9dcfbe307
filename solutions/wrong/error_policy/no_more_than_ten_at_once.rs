//! Mistake: a semaphore that nobody asked for: eight services are fine, with a hundred requests the page is late.
//! Rejected by: pattern::a_hundred_requests_take_as_long_as_one
//! Learner sees: 100 requests of 30 ms took fail_fast 300 ms, and brought 100 replies

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::sync::Semaphore;
use tokio::task::{self, JoinSet};

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
    let mut replies = Vec::new();
    let mut group = Group::start(requests);
    while let Some((place, reply)) = group.next().await {
        match reply {
            Ok(reply) => replies.push((place, reply)),
            Err(first) => {
                group.tasks.shutdown().await;
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
    let mut replies = Vec::new();
    let mut group = Group::start(requests);
    while let Some(reply) = group.next().await {
        replies.push(reply);
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
        let mut asked = HashMap::new();
        let permits = Arc::new(Semaphore::new(10));
        for (place, Request { service, reply }) in requests.into_iter().enumerate() {
            let permits = Arc::clone(&permits);
            let task = tasks.spawn(async move {
                let _permit = permits.acquire().await?;
                reply.await
            });
            asked.insert(task.id(), (place, service));
        }
        Self { tasks, asked }
    }

    async fn next(&mut self) -> Option<(usize, Result<T>)> {
        let (id, reply) = match self.tasks.join_next_with_id().await? {
            Ok((id, reply)) => (id, reply),
            Err(panic) => (panic.id(), Err(panic.into())),
        };
        let (place, service) = self.asked[&id];
        Some((place, reply.context(service)))
    }
}

fn in_order<R>(mut replies: Vec<(usize, R)>) -> Vec<R> {
    replies.sort_by_key(|(place, _)| *place);
    replies.into_iter().map(|(_, reply)| reply).collect()
}
