//! Design: no tasks at all. The futures stay with the caller, who polls them and drops them.
//! Crates: futures-util = "0.3"

use std::any::Any;
use std::panic::AssertUnwindSafe;

use anyhow::{Context, Result, anyhow};
use futures_util::future::{self, FutureExt};

#[derive(Debug)]
pub struct Request<F> {
    pub service: &'static str,
    pub reply: F,
}

pub async fn fail_fast<T, F>(requests: Vec<Request<F>>) -> Result<Vec<T>>
where
    F: Future<Output = Result<T>>,
{
    // It drops the other futures with itself: there is nothing to abort and nothing to wait for.
    future::try_join_all(requests.into_iter().map(ask)).await
}

pub async fn collect_all<T, F>(requests: Vec<Request<F>>) -> Vec<Result<T>>
where
    F: Future<Output = Result<T>>,
{
    future::join_all(requests.into_iter().map(ask)).await
}

async fn ask<T, F>(request: Request<F>) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    // Without a task nobody else catches the panic.
    let reply = AssertUnwindSafe(request.reply).catch_unwind().await;
    reply
        .unwrap_or_else(|panic| Err(anyhow!("panicked: {}", words(&*panic))))
        .context(request.service)
}

fn words(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
