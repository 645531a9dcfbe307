//! Mistake: whoever reads the source catches its panic and sends it into the results at once, past the items that are still worked on.
//! Rejected by: pattern::a_panic_while_reading_comes_last
//! Learner sees: the source's panic came out before the last hash

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
    assert!(workers > 0, "without workers, items would wait for ever");
    let (to_workers, items) = mpsc::sync_channel(room);
    let (done, results) = mpsc::sync_channel(room);
    let failed = done.clone();
    let source = thread::spawn(move || {
        let read = panic::catch_unwind(AssertUnwindSafe(|| {
            for item in source {
                if to_workers.send(item).is_err() {
                    return;
                }
            }
        }));
        if let Err(panic) = read {
            let _ = failed.send(Err(panic));
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
        let next = items.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(item) = next else {
            return;
        };
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
        self.results.as_ref()?.recv().ok()
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
