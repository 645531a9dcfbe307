//! Design: a channel with many receivers, so that fanning out is as easy as fanning in.
//! Crates: crossbeam-channel = "0.5"

use std::panic::{self, AssertUnwindSafe};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, bounded};

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
    let (to_workers, items) = bounded(room);
    let (done, results) = bounded(room);
    let reader = thread::spawn(move || {
        let mut source = source;
        // `all` stops at the first item that nobody takes.
        let _ = source.all(|item| to_workers.send(item).is_ok());
    });
    let workers = thread::spawn(move || {
        // The scope joins the workers, and lets them borrow `work`.
        thread::scope(|scope| {
            for _ in 0..workers {
                let (mut items, done, work) = (items.clone().into_iter(), done.clone(), &work);
                scope.spawn(move || {
                    let _ = items.all(|item| {
                        let result = panic::catch_unwind(AssertUnwindSafe(|| work(item)));
                        done.send(result).is_ok()
                    });
                });
            }
            // What this thread holds would keep both channels open.
            drop((items, done));
        });
    });
    FanIn {
        results: Some(results),
        threads: vec![reader, workers],
    }
}

#[derive(Debug)]
pub struct FanIn<Out> {
    results: Option<Receiver<thread::Result<Out>>>,
    threads: Vec<JoinHandle<()>>,
}

impl<Out> Iterator for FanIn<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Ok(result) = self.results.as_ref()?.recv() {
            return Some(result);
        }
        // All have ended, or are about to. Only the source's thread can have panicked.
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
