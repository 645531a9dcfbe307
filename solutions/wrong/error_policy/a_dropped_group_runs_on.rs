//! Mistake: whoever waits for the group may lose patience; its tasks do not hear of it, since neither a dropped
//! `JoinHandle` nor a dropped `AbortHandle` aborts.
//! Rejected by: pattern::dropping_fail_fast_cancels_its_requests
//! Learner sees: fail_fast was dropped, but 4 of its requests are still alive

use anyhow::{Context, Result};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::AbortHandle;

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
    let (tasks, mut ended) = start(requests);
    let mut replies = Vec::new();
    while let Some((place, reply)) = ended.recv().await {
        match reply {
            Ok(reply) => replies.push((place, reply)),
            Err(first) => {
                tasks.iter().for_each(AbortHandle::abort);
                while ended.recv().await.is_some() {}
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
    let (_, mut ended) = start(requests);
    let mut replies = Vec::new();
    while let Some(reply) = ended.recv().await {
        replies.push(reply);
    }
    in_order(replies)
}

type Ended<T> = UnboundedReceiver<(usize, Result<T>)>;

fn start<T, F>(requests: Vec<Request<F>>) -> (Vec<AbortHandle>, Ended<T>)
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let (sender, ended) = mpsc::unbounded_channel();
    let mut tasks = Vec::new();
    for (place, request) in requests.into_iter().enumerate() {
        let sender = sender.clone();
        let task = tokio::spawn(request.reply);
        tasks.push(task.abort_handle());
        tokio::spawn(async move {
            let reply = task.await.map_err(Into::into).flatten();
            let _ = sender.send((place, reply.context(request.service)));
        });
    }
    (tasks, ended)
}

fn in_order<R>(mut replies: Vec<(usize, R)>) -> Vec<R> {
    replies.sort_by_key(|(place, _)| *place);
    replies.into_iter().map(|(_, reply)| reply).collect()
}
