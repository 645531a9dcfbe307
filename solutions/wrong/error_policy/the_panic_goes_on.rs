//! Mistake: `resume_unwind` as the documentation of `JoinError` shows it: one request's panic becomes the panic of
//! whoever asked.
//! Rejected by: pattern::a_panic_fails_the_group
//! Learner sees: a request panicked, and its panic went on through fail_fast to the caller

use std::collections::HashMap;
use std::panic;

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
            Err(panic) => panic::resume_unwind(panic.into_panic()),
        };
        let (place, service) = self.asked[&id];
        Some((place, reply.context(service)))
    }
}

fn in_order<R>(mut replies: Vec<(usize, R)>) -> Vec<R> {
    replies.sort_by_key(|(place, _)| *place);
    replies.into_iter().map(|(_, reply)| reply).collect()
}
