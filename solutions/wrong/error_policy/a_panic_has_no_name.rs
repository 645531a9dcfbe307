//! Mistake: a task that panicked returned nothing, so it took its service's name with it.
//! Rejected by: pattern::a_panic_fails_the_group
//! Learner sees: hotels panicked, but the error of fail_fast says "a request panicked" and not who it was

use anyhow::{Context, Result};
use tokio::task::JoinSet;

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
    let mut tasks = start(requests);
    while let Some(ended) = tasks.join_next().await {
        match ended.context("a request panicked").flatten() {
            Ok(reply) => replies.push(reply),
            Err(first) => {
                tasks.shutdown().await;
                return Err(first);
            }
        }
    }
    replies.sort_by_key(|(place, _)| *place);
    Ok(replies.into_iter().map(|(_, reply)| reply).collect())
}

pub async fn collect_all<T, F>(requests: Vec<Request<F>>) -> Vec<Result<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut tasks = Vec::new();
    for Request { service, reply } in requests {
        tasks.push((service, tokio::spawn(reply)));
    }
    let mut replies = Vec::new();
    for (service, task) in tasks {
        replies.push(task.await.map_err(Into::into).flatten().context(service));
    }
    replies
}

fn start<T, F>(requests: Vec<Request<F>>) -> JoinSet<Result<(usize, T)>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for (place, Request { service, reply }) in requests.into_iter().enumerate() {
        tasks.spawn(async move {
            let reply = reply.await.context(service)?;
            Ok((place, reply))
        });
    }
    tasks
}
