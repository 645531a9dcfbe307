//! Mistake: it looks at all handles every 10 ms and hears of a failure when it looks.
//! Rejected by: pattern::fail_fast_returns_with_the_first_failure
//! Learner sees: weather failed at 13 ms, but fail_fast returned at 20 ms

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinHandle;
use tokio::time;

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
    let mut running: Vec<Asked<T>> = start(requests);
    let mut replies = Vec::new();
    while !running.is_empty() {
        time::sleep(Duration::from_millis(10)).await;
        let ended: Vec<Asked<T>> = running
            .extract_if(.., |asked| asked.2.is_finished())
            .collect();
        for (place, service, task) in ended {
            match task.await.map_err(Into::into).flatten().context(service) {
                Ok(reply) => replies.push((place, reply)),
                Err(first) => {
                    for (_, _, task) in running {
                        task.abort();
                        let _ = task.await;
                    }
                    return Err(first);
                }
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
    for (place, service, task) in start(requests) {
        let reply = task.await.map_err(Into::into).flatten().context(service);
        replies.push((place, reply));
    }
    in_order(replies)
}

type Asked<T> = (usize, &'static str, JoinHandle<Result<T>>);

fn start<T, F>(requests: Vec<Request<F>>) -> Vec<Asked<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    requests
        .into_iter()
        .enumerate()
        .map(|(place, request)| (place, request.service, tokio::spawn(request.reply)))
        .collect()
}

fn in_order<R>(mut replies: Vec<(usize, R)>) -> Vec<R> {
    replies.sort_by_key(|(place, _)| *place);
    replies.into_iter().map(|(_, reply)| reply).collect()
}
