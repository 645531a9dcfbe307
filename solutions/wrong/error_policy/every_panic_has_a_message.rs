//! Mistake: a panic may carry any value, and one that is no text brings the policy itself down.
//! Rejected by: pattern::a_panic_without_a_message_fails_its_request_alone
//! Learner sees: a request panicked, and its panic went on through fail_fast to the caller

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow};
use tokio::task::{self, JoinSet};

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
    let mut replies = room_for(&requests);
    let mut group = Group::start(requests);
    while let Some((place, reply)) = group.next().await {
        match reply {
            Ok(reply) => replies[place] = Some(reply),
            Err(first) => {
                group.cancel().await;
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
    let mut replies = room_for(&requests);
    let mut group = Group::start(requests);
    while let Some((place, reply)) = group.next().await {
        replies[place] = Some(reply);
    }
    in_order(replies)
}

struct Group<T> {
    tasks: JoinSet<Result<T>>,
    asked: HashMap<task::Id, (usize, &'static str)>,
}

impl<T: Send + 'static> Group<T> {
    fn start<F>(requests: Vec<Request<F>>) -> Self
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut tasks = JoinSet::new();
        let asked = requests
            .into_iter()
            .enumerate()
            .map(|(place, request)| (tasks.spawn(request.reply).id(), (place, request.service)))
            .collect();
        Self { tasks, asked }
    }

    async fn next(&mut self) -> Option<(usize, Result<T>)> {
        // Two layers: did the task run to its end, and if so, what did the request come to?
        let (id, reply) = match self.tasks.join_next_with_id().await? {
            Ok((id, reply)) => (id, reply),
            Err(panic) => {
                let (id, said) = (panic.id(), panic.into_panic());
                let words = said.downcast_ref::<&str>().expect("a panic says something");
                (id, Err(anyhow!("it panicked: {words}")))
            }
        };
        let (place, service) = self.asked[&id];
        Some((place, reply.context(service)))
    }

    async fn cancel(mut self) {
        // Dropping the set would only tell the tasks to stop.
        self.tasks.shutdown().await;
    }
}

fn room_for<T, F>(requests: &[Request<F>]) -> Vec<Option<T>> {
    requests.iter().map(|_| None).collect()
}

fn in_order<T>(places: Vec<Option<T>>) -> Vec<T> {
    places
        .into_iter()
        .map(|place| place.expect("every task has ended, and filled its place"))
        .collect()
}
