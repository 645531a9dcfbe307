//! # Fan-out and fan-in
//!
//! Two channels and their ends. The one to the workers has a sender and has to have many
//! receivers; the one from them has many senders and a receiver.
//!
//! *Out?* std's receiver has one owner, so the workers take turns at it: a mutex around it.
//!
//! *In?* A sender can be cloned. Each worker has one, no other thread keeps any, and so the
//! results end with the last worker. No code counts workers.
//!
//! *The end* goes from the source through the workers to the caller, *the hang-up* the other way:
//! both are a dropped end of a channel, as in a pipeline, of which this is a stage.

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// Has `workers` threads do `work` on the items of `source`, and hands out their results as an
/// iterator.
///
/// At most `room` items wait for a worker, and at most `room` results wait to be taken.
///
/// # Panics
/// If `workers` is zero: items would wait for ever.
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

/// What a worker does all its life.
fn take_turns<In, Out>(
    items: &Mutex<Receiver<In>>,
    work: impl Fn(In) -> Out,
    done: &SyncSender<thread::Result<Out>>,
) {
    loop {
        // A separate statement: the lock is free again before the work begins.
        let next = items.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(item) = next else {
            return; // the source has ended, and its queue is empty
        };
        // What a panic leaves half done is dropped with the item, or belongs to `work`.
        let result = panic::catch_unwind(AssertUnwindSafe(|| work(item)));
        if done.send(result).is_err() {
            return; // the caller has hung up
        }
    }
}

/// The results of [`fan_out`], each as soon as it is ready, in whatever order that may be.
///
/// Dropping it hangs up, and waits until no thread is at work any more.
#[derive(Debug)]
pub struct FanIn<Out> {
    /// `None` only while it is being dropped.
    results: Option<Receiver<thread::Result<Out>>>,
    /// `None` once it has been asked how it ended.
    source: Option<JoinHandle<()>>,
    workers: Vec<JoinHandle<()>>,
}

impl<Out> Iterator for FanIn<Out> {
    /// A result, or the panic of `work` over one item, as [`thread::JoinHandle::join`] hands it out.
    type Item = thread::Result<Out>;

    /// Waits for the next result. `None` once every item has had its turn, and ever after.
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
            // The workers catch what `work` throws. The source's panic, if it was not taken, is of no
            // interest to a caller that has hung up.
            let _ = thread.join();
        }
    }
}
