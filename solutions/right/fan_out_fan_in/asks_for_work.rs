//! Design: a queue for each worker, and whoever reads the source deals to the workers that have asked, never to one that is busy.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
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
    let work = Arc::new(work);
    let (done, results) = mpsc::sync_channel(room);
    // Through this channel travel numbers of workers that wait. It has room for all of them.
    let (ask, free) = mpsc::sync_channel(workers);
    let mut queues = Vec::new();
    let mut threads = Vec::new();
    for number in 0..workers {
        let (to_worker, items) = mpsc::sync_channel(1);
        queues.push(to_worker);
        let (ask, work, done) = (ask.clone(), Arc::clone(&work), done.clone());
        threads.push(thread::spawn(move || {
            while ask.send(number).is_ok() {
                let Ok(item) = items.recv() else {
                    return;
                };
                let result = panic::catch_unwind(AssertUnwindSafe(|| work(item)));
                if done.send(result).is_err() {
                    return;
                }
            }
        }));
    }
    // Or the dealer, who alone drops the queues, would wait for a worker that waits for the dealer.
    drop(ask);
    threads.push(thread::spawn(move || {
        for item in source {
            // Fails once no worker is left; and one that has asked is there.
            let Ok(number) = free.recv() else {
                return;
            };
            let _ = queues[number].send(item);
        }
    }));
    FanIn {
        results: Some(results),
        threads,
    }
}

#[derive(Debug)]
pub struct FanIn<Out> {
    results: Option<Receiver<thread::Result<Out>>>,
    /// The workers' threads, and last the dealer's.
    threads: Vec<JoinHandle<()>>,
}

impl<Out> Iterator for FanIn<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Ok(result) = self.results.as_ref()?.recv() {
            return Some(result);
        }
        let ends = self.threads.drain(..).map(JoinHandle::join);
        ends.filter_map(Result::err).next_back().map(Err)
    }
}

impl<Out> Drop for FanIn<Out> {
    fn drop(&mut self) {
        self.results = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
