//! Mistake: each worker has a queue of its own, and the files are dealt to them in turn, whoever is busy.
//! Rejected by: pattern::no_file_waits_behind_a_busy_worker_while_another_is_idle
//! Learner sees: one worker hashes a large file, and of 6 small ones only … were hashed: the next waits for the busy worker, while the other is idle

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

pub fn fan_out<In, Out>(
    source: impl Iterator<Item = In> + Send + 'static,
    workers: usize,
    room: usize,
    work: impl Fn(In) -> Out + Send + Sync + 'static,
) -> FanIn<Out>
where
    In: Send + 'static,
    Out: Send + 'static,
{
    assert!(workers > 0, "without workers, items would wait for ever");
    let (queues, all_items): (Vec<_>, Vec<_>) =
        (0..workers).map(|_| mpsc::sync_channel(room)).unzip();
    let (done, results) = mpsc::sync_channel(room);
    let source = thread::spawn(move || {
        for (item, queue) in source.zip(queues.iter().cycle()) {
            if queue.send(item).is_err() {
                return;
            }
        }
    });
    let work = Arc::new(work);
    let workers = all_items
        .into_iter()
        .map(|items| {
            let (work, done) = (Arc::clone(&work), done.clone());
            thread::spawn(move || take_all(&items, &*work, &done))
        })
        .collect();
    FanIn {
        results: Some(results),
        source: Some(source),
        workers,
    }
}

fn take_all<In, Out>(
    items: &Receiver<In>,
    work: impl Fn(In) -> Out,
    done: &SyncSender<thread::Result<Out>>,
) {
    for item in items {
        let result = panic::catch_unwind(AssertUnwindSafe(|| work(item)));
        if done.send(result).is_err() {
            return;
        }
    }
}

#[derive(Debug)]
pub struct FanIn<Out> {
    results: Option<Receiver<thread::Result<Out>>>,
    source: Option<JoinHandle<()>>,
    workers: Vec<JoinHandle<()>>,
}

impl<Out> Iterator for FanIn<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Ok(result) = self.results.as_ref()?.recv() {
            return Some(result);
        }
        self.source.take()?.join().err().map(Err)
    }
}

impl<Out> Drop for FanIn<Out> {
    fn drop(&mut self) {
        drop(self.results.take());
        for thread in self.workers.drain(..).chain(self.source.take()) {
            let _ = thread.join();
        }
    }
}
