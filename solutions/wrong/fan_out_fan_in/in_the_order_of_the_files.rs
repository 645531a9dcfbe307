//! Mistake: the iterator hands out the results in the order of their files, so that all wait for the slowest.
//! Rejected by: pattern::a_small_file_overtakes_a_large_one
//! Learner sees: the hashes of the small files wait for that of the large one, which was read first

use std::collections::BTreeMap;
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
    let source = thread::spawn(move || {
        for item in source.enumerate() {
            if to_workers.send(item).is_err() {
                return;
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
    FanIn {
        results: Some(results),
        early: BTreeMap::new(),
        turn: 0,
        source: Some(source),
        workers,
    }
}

fn take_turns<In, Out>(
    items: &Mutex<Receiver<(usize, In)>>,
    work: impl Fn(In) -> Out,
    done: &SyncSender<(usize, thread::Result<Out>)>,
) {
    loop {
        let next = items.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, item)) = next else {
            return;
        };
        let result = panic::catch_unwind(AssertUnwindSafe(|| work(item)));
        if done.send((number, result)).is_err() {
            return;
        }
    }
}

#[derive(Debug)]
pub struct FanIn<Out> {
    results: Option<Receiver<(usize, thread::Result<Out>)>>,
    early: BTreeMap<usize, thread::Result<Out>>,
    turn: usize,
    source: Option<JoinHandle<()>>,
    workers: Vec<JoinHandle<()>>,
}

impl<Out> Iterator for FanIn<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(result) = self.early.remove(&self.turn) {
                self.turn += 1;
                return Some(result);
            }
            let Ok((number, result)) = self.results.as_ref()?.recv() else {
                break;
            };
            self.early.insert(number, result);
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
