//! Design: a `JoinMap`, which knows its tasks by a key and tells it also of one that panicked.
//! Crates: tokio-util = { version = "0.7", features = ["rt", "join-map"] }

use std::collections::BTreeMap;

use anyhow::{Context, Error, Result};
use tokio_util::task::JoinMap;

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
    let mut tasks = start(requests);
    let mut replies = BTreeMap::new();
    while let Some(((place, service), ended)) = tasks.join_next().await {
        match ended.map_err(Error::from).flatten().context(service) {
            Ok(reply) => {
                replies.insert(place, reply);
            }
            Err(first) => {
                tasks.shutdown().await;
                return Err(first);
            }
        }
    }
    Ok(replies.into_values().collect())
}

pub async fn collect_all<T, F>(requests: Vec<Request<F>>) -> Vec<Result<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut tasks = start(requests);
    let mut replies = BTreeMap::new();
    while let Some(((place, service), ended)) = tasks.join_next().await {
        let reply = ended.map_err(Error::from).flatten().context(service);
        replies.insert(place, reply);
    }
    replies.into_values().collect()
}

fn start<T, F>(requests: Vec<Request<F>>) -> JoinMap<(usize, &'static str), Result<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut tasks = JoinMap::new();
    for (place, request) in requests.into_iter().enumerate() {
        tasks.spawn((place, request.service), request.reply);
    }
    tasks
}
