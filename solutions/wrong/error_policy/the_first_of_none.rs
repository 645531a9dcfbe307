//! Mistake: `select_all` waits for the first of several futures, and panics if there are none.
//! Rejected by: core::no_requests_are_no_failure
//! Learner sees: fail_fast of no requests should have returned no replies, but it panicked

use std::panic::AssertUnwindSafe;

use anyhow::{Context, Result, anyhow};
use futures::FutureExt;
use futures::future::{join_all, select_all};

#[derive(Debug)]
pub struct Request<F> {
    pub service: &'static str,
    pub reply: F,
}

async fn ask<T, F>(request: Request<F>) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let Request { service, reply } = request;
    let reply = match AssertUnwindSafe(reply).catch_unwind().await {
        Ok(reply) => reply,
        Err(panic) => Err(
            match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
                (Some(message), _) => anyhow!("it panicked: {message}"),
                (_, Some(message)) => anyhow!("it panicked: {message}"),
                _ => anyhow!("it panicked"),
            },
        ),
    };
    reply.context(service)
}

pub async fn fail_fast<T, F>(requests: Vec<Request<F>>) -> Result<Vec<T>>
where
    F: Future<Output = Result<T>>,
{
    let mut replies: Vec<Option<T>> = requests.iter().map(|_| None).collect();
    let asked = requests.into_iter().enumerate();
    let mut asked: Vec<_> = asked
        .map(|(place, request)| Box::pin(async move { (place, ask(request).await) }))
        .collect();
    loop {
        let ((place, reply), _, rest) = select_all(asked).await;
        replies[place] = Some(reply?);
        if rest.is_empty() {
            return Ok(replies.into_iter().flatten().collect());
        }
        asked = rest;
    }
}

pub async fn collect_all<T, F>(requests: Vec<Request<F>>) -> Vec<Result<T>>
where
    F: Future<Output = Result<T>>,
{
    join_all(requests.into_iter().map(ask)).await
}
