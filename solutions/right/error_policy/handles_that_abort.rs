//! Design: `JoinHandle`s in a `FuturesUnordered`, each in a wrapper that aborts its task on drop.
//! Crates: futures-util = "0.3"

use std::pin::Pin;
use std::task::{Context, Poll};

use anyhow::{Context as _, Error, Result};
use futures_util::stream::{FuturesUnordered, StreamExt};
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
    let mut asked: FuturesUnordered<Asked<T>> = start(requests).collect();
    let mut replies = Vec::new();
    while let Some((place, reply)) = asked.next().await {
        match reply {
            Ok(reply) => replies.push((place, reply)),
            Err(first) => {
                asked.iter().for_each(|asked| asked.task.abort());
                while asked.next().await.is_some() {}
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
    let asked: FuturesUnordered<Asked<T>> = start(requests).collect();
    in_order(asked.collect().await)
}

fn start<T, F>(requests: Vec<Request<F>>) -> impl Iterator<Item = Asked<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    requests
        .into_iter()
        .enumerate()
        .map(|(place, request)| Asked {
            place,
            service: request.service,
            task: tokio::spawn(request.reply),
        })
}

struct Asked<T> {
    place: usize,
    service: &'static str,
    task: JoinHandle<Result<T>>,
}

impl<T> Future for Asked<T> {
    type Output = (usize, Result<T>);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let service = self.service;
        Pin::new(&mut self.task).poll(cx).map(|ended| {
            (
                self.place,
                ended.map_err(Error::from).flatten().context(service),
            )
        })
    }
}

impl<T> Drop for Asked<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn in_order<R>(mut replies: Vec<(usize, R)>) -> Vec<R> {
    replies.sort_by_key(|(place, _)| *place);
    replies.into_iter().map(|(_, reply)| reply).collect()
}
