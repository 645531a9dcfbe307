//! Mistake: without workers, one is started all the same: `workers.max(1)`.
//! Rejected by: core::no_workers_are_refused
//! Learner sees: fan_out took 0 workers, with whom items would wait for ever, instead of panicking

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
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
    let workers = workers.max(1);
    let (to_workers, items) = mpsc::sync_channel(room);
    let (done, results) = mpsc::sync_channel(room);
    let source = thread::spawn(move || {
        for item in source {
            if to_workers.send(item).is_err() {
                return; // no worker is left
            }
        }
    });
    let items = Arc::new(Mutex::new(items));
    let work = Arc::new(work);
    let workers = (0..workers)
        .map(|_| {
            let (items, work, done) = (Arc::clone(&items), Arc::clone(&work), done.clone());
            thread::spawn(move || take_turns(&items, &*work, &done))
        })
        .collect();
    // `done` and `items` end here: from now on, only workers hold them.
    FanIn {
        results: Some(results),
        source: Some(source),
        workers,
    }
}
fn take_turns<In, Out>(
    items: &Mutex<Receiver<In>>,
    work: impl Fn(In) -> Out,
    done: &SyncSender<thread::Result<Out>>,
) {
    loop {
        // A statement of its own: the lock is free again before the work begins.
        let next = items.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(item) = next else {
            return; // the source has ended, and its queue is empty
        };
        // What a panic leaves half done is dropped with the item, or belongs to `work`.
        let result = panic::catch_unwind(AssertUnwindSafe(|| work(item)));
        if done.send(result).is_err() {
            return; // nobody wants results any more
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
        // No worker is left, so the source has ended. A panic looked like the end of its items.
        self.source.take()?.join().err().map(Err)
    }
}

impl<Out> Drop for FanIn<Out> {
    fn drop(&mut self) {
        // Hang up before waiting: a thread that is waited for must first be able to end.
        drop(self.results.take());
        for thread in self.workers.drain(..).chain(self.source.take()) {
            // The workers catch what `work` throws; the source's panic, if nobody asked for it,
            // is of no interest to somebody who hung up.
            let _ = thread.join();
        }
    }
}
