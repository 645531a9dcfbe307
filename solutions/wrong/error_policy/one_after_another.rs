//! Mistake: a future does nothing until it is polled, and here each is polled only when the one before it is
//! done.
//! Rejected by: core::fail_fast_asks_all_services_at_the_same_time
//! Learner sees: 4 requests of 30 ms took fail_fast 120 ms, but all at once they take 30

use anyhow::{Context, Result};
use tokio::task;

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
    for request in requests {
        replies.push(ask(request).await?);
    }
    Ok(replies)
}

pub async fn collect_all<T, F>(requests: Vec<Request<F>>) -> Vec<Result<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut replies = Vec::new();
    for request in requests {
        replies.push(ask(request).await);
    }
    replies
}

async fn ask<T, F>(request: Request<F>) -> Result<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let reply = task::spawn(request.reply).await;
    reply.map_err(Into::into).flatten().context(request.service)
}
