//! Mistake: the tasks are found by their service's name, and of two requests to one service the second takes
//! the first one's place.
//! Rejected by: core::a_service_may_be_asked_twice
//! Learner sees: of 3 requests, two of them to hotels, fail_fast returned 2

use std::collections::HashMap;

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
    let (mut tasks, places) = start(requests);
    let mut replies = HashMap::new();
    while let Some(ended) = tasks.join_next().await {
        let (service, reply) = ended?;
        match reply.context(service) {
            Ok(reply) => {
                replies.insert(places[service], reply);
            }
            Err(first) => {
                tasks.shutdown().await;
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
    let (mut tasks, places) = start(requests);
    let mut replies = HashMap::new();
    while let Some(ended) = tasks.join_next().await {
        if let Ok((service, reply)) = ended {
            replies.insert(places[service], reply.context(service));
        }
    }
    in_order(replies)
}

type Tasks<T> = JoinSet<(&'static str, Result<T>)>;

fn start<T, F>(requests: Vec<Request<F>>) -> (Tasks<T>, HashMap<&'static str, usize>)
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    let mut places = HashMap::new();
    for (place, Request { service, reply }) in requests.into_iter().enumerate() {
        tasks.spawn(async move { (service, reply.await) });
        places.insert(service, place);
    }
    (tasks, places)
}

fn in_order<R>(replies: HashMap<usize, R>) -> Vec<R> {
    let mut replies: Vec<(usize, R)> = replies.into_iter().collect();
    replies.sort_by_key(|(place, _)| *place);
    replies.into_iter().map(|(_, reply)| reply).collect()
}
