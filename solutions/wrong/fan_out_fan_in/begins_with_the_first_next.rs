//! Mistake: nothing is started before somebody asks for a result, as if it were `map`.
//! Rejected by: pattern::the_workers_run_ahead_of_the_caller
//! Learner sees: nobody takes a hash, and only 0 files were read, though 2 workers can have one each, and 4 hashes have room to wait

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
    FanIn {
        start: Some(Box::new(move || start(source, workers, room, work))),
        running: None,
    }
}

fn start<In, Out>(
    source: impl Iterator<Item = In> + Send + 'static,
    workers: usize,
    room: usize,
    work: impl Fn(In) -> Out + Send + Sync + 'static,
) -> Running<Out>
where
    In: Send + 'static,
    Out: Send + 'static,
{
    let (to_workers, items) = mpsc::sync_channel(room);
    let (done, results) = mpsc::sync_channel(room);
    let source = thread::spawn(move || {
        for item in source {
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
    Running {
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
struct Running<Out> {
    results: Option<Receiver<thread::Result<Out>>>,
    source: Option<JoinHandle<()>>,
    workers: Vec<JoinHandle<()>>,
}

impl<Out> Iterator for Running<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Ok(result) = self.results.as_ref()?.recv() {
            return Some(result);
        }
        self.source.take()?.join().err().map(Err)
    }
}

impl<Out> Drop for Running<Out> {
    fn drop(&mut self) {
        drop(self.results.take());
        for thread in self.workers.drain(..).chain(self.source.take()) {
            let _ = thread.join();
        }
    }
}

type Start<Out> = Box<dyn FnOnce() -> Running<Out> + Send>;

pub struct FanIn<Out> {
    start: Option<Start<Out>>,
    running: Option<Running<Out>>,
}

impl<Out> Iterator for FanIn<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(start) = self.start.take() {
            self.running = Some(start());
        }
        self.running.as_mut()?.next()
    }
}
