//! Mistake: one turn of the runtime is enough in a test on one thread, and a guess everywhere else.
//! Rejected by: pattern::fail_fast_waits_until_a_cancelled_request_is_gone
//! Learner sees: fail_fast returned while weather was still alive, about to be cancelled

use std::collections::HashMap;

use anyhow::{Context, Result};
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
                group.tasks.abort_all();
                task::yield_now().await;
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
        let asked = requests
            .into_iter()
            .enumerate()
            .map(|(place, request)| (tasks.spawn(request.reply).id(), (place, request.service)))
            .collect();
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
