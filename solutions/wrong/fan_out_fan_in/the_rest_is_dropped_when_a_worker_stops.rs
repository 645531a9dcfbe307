//! Mistake: a panic ends its worker, and the dealer, who cannot get rid of the next file there, takes it that nobody is left and drops the rest.
//! Rejected by: pattern::a_panic_costs_one_hash_and_no_worker
//! Learner sees: 5 of 9 files made `work` panic, but … hashes and … panics came out instead of 4 and 5

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
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
        for item in source {
            // To whichever worker has room, else to the first.
            let mut item = Some(item);
            for queue in queues.iter().chain(&queues[..1]) {
                match queue.try_send(item.take().expect("it is handed back")) {
                    Ok(()) => break,
                    Err(TrySendError::Full(back)) => item = Some(back),
                    Err(TrySendError::Disconnected(_)) => return,
                }
            }
            if let Some(item) = item
                && queues[0].send(item).is_err()
            {
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
        let failed = result.is_err();
        if done.send(result).is_err() || failed {
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
