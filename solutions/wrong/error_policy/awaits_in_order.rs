//! Mistake: the handles are awaited in the order of the requests: a failure is heard when its turn comes.
//! Rejected by: pattern::fail_fast_returns_with_the_first_failure
//! Learner sees: weather failed at 13 ms, but fail_fast returned at 50 ms

use anyhow::{Context, Result};
use tokio::task::JoinHandle;

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
    let mut tasks = start(requests).into_iter();
    let mut replies = Vec::new();
    while let Some(task) = tasks.next() {
        match join(task).await {
            Ok(reply) => replies.push(reply),
            Err(first) => {
                for (_, task) in tasks {
                    task.abort();
                    let _ = task.await;
                }
                return Err(first);
            }
        }
    }
    Ok(replies)
}

pub async fn collect_all<T, F>(requests: Vec<Request<F>>) -> Vec<Result<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut replies = Vec::new();
    for task in start(requests) {
        replies.push(join(task).await);
    }
    replies
}

type Asked<T> = (&'static str, JoinHandle<Result<T>>);

fn start<T, F>(requests: Vec<Request<F>>) -> Vec<Asked<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    requests
        .into_iter()
        .map(|request| (request.service, tokio::spawn(request.reply)))
        .collect()
}

async fn join<T>((service, task): Asked<T>) -> Result<T> {
    task.await.map_err(Into::into).flatten().context(service)
}
