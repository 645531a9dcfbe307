//! Design: a `CancellationToken` tells the tasks to stop, a `TaskTracker` waits for them, a channel
//! brings what they came to.

use anyhow::{Context, Error, Result};
use tokio::sync::mpsc::{self, Receiver};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

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
    let mut group = Group::start(requests);
    let mut replies = Vec::new();
    while let Some((place, reply)) = group.ended.recv().await {
        match reply {
            Ok(reply) => replies.push((place, reply)),
            Err(first) => {
                drop(group.stop);
                group.tasks.wait().await;
                return Err(first);
            }
        }
    }
    group.tasks.wait().await;
    Ok(in_order(replies))
}

pub async fn collect_all<T, F>(requests: Vec<Request<F>>) -> Vec<Result<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut group = Group::start(requests);
    let mut replies = Vec::new();
    while let Some(ended) = group.ended.recv().await {
        replies.push(ended);
    }
    group.tasks.wait().await;
    in_order(replies)
}

struct Group<T> {
    tasks: TaskTracker,
    /// Cancels the tasks when it is dropped.
    stop: DropGuard,
    ended: Receiver<(usize, Result<T>)>,
}

impl<T: Send + 'static> Group<T> {
    fn start<F>(requests: Vec<Request<F>>) -> Self
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let (sender, ended) = mpsc::channel(requests.len().max(1));
        for (place, request) in requests.into_iter().enumerate() {
            let (stop, sender) = (stop.clone(), sender.clone());
            tasks.spawn(async move {
                // A task in the task, so that its panic is an error here and not the end of it all.
                let mut reply = tokio::spawn(request.reply);
                let ended = tokio::select! {
                    ended = &mut reply => ended,
                    () = stop.cancelled() => {
                        reply.abort();
                        let _ = reply.await;
                        return;
                    }
                };
                let reply = ended.map_err(Error::from).flatten();
                let _ = sender.send((place, reply.context(request.service))).await;
            });
        }
        tasks.close();
        let stop = stop.drop_guard();
        Self { tasks, stop, ended }
    }
}

fn in_order<R>(mut replies: Vec<(usize, R)>) -> Vec<R> {
    replies.sort_by_key(|(place, _)| *place);
    replies.into_iter().map(|(_, reply)| reply).collect()
}
