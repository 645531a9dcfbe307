//! Mistake: `?` leaves the loop, and the handles of the other tasks are dropped: they run on, and nobody can
//! stop them any more.
//! Rejected by: pattern::no_request_is_alive_when_fail_fast_returns
//! Learner sees: fail_fast returned at 13 ms with 2 of its requests still alive

use anyhow::{Context, Result};
use tokio::sync::mpsc;
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
    let (sender, mut ended) = mpsc::unbounded_channel();
    for (place, task) in start(requests).into_iter().enumerate() {
        let sender = sender.clone();
        tokio::spawn(async move {
            let _ = sender.send((place, join(task).await));
        });
    }
    drop(sender);
    let mut replies = Vec::new();
    while let Some((place, reply)) = ended.recv().await {
        replies.push((place, reply?));
    }
    replies.sort_by_key(|(place, _)| *place);
    Ok(replies.into_iter().map(|(_, reply)| reply).collect())
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
