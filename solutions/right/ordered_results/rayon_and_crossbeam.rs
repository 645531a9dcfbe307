//! Design: rayon's `collect` for the batch; for the stream a feeder, rayon's pool and crossbeam's channel of channels.
//! Crates: crossbeam-channel = "0.5"

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, bounded};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};

fn pool(workers: usize) -> ThreadPool {
    assert!(workers > 0, "without workers nothing is ever transcoded");
    ThreadPoolBuilder::new()
        .num_threads(workers)
        .build()
        .expect("the system has room for a few more threads")
}

pub fn transcode_all<In: Send, Out: Send>(
    segments: Vec<In>,
    workers: usize,
    transcode: impl Fn(In) -> Out + Sync,
) -> Vec<Out> {
    pool(workers).install(|| {
        segments
            .into_par_iter()
            // Else a thread takes a run of neighbours, and those wait behind a slow one.
            .with_max_len(1)
            .map(&transcode)
            .collect()
    })
}

#[derive(Debug)]
pub struct InOrder<Out> {
    tickets: Option<Receiver<Receiver<thread::Result<Out>>>>,
    feeder: Option<JoinHandle<()>>,
}

impl<Out: Send + 'static> InOrder<Out> {
    pub fn new<In: Send + 'static>(
        mut source: impl Iterator<Item = In> + Send + 'static,
        workers: usize,
        window: usize,
        transcode: impl Fn(In) -> Out + Send + Sync + 'static,
    ) -> Self {
        let pool = pool(workers);
        assert!(window > 0, "without a window nothing is ever read");
        let (sender, tickets) = bounded(window - 1);
        let transcode = Arc::new(transcode);
        let feeder = thread::spawn(move || {
            // Each job has one of these; when the last is dropped, no job is left.
            let (at_work, none_left) = bounded::<()>(0);
            loop {
                let (fill, ticket) = bounded(1);
                if sender.send(ticket).is_err() {
                    break;
                }
                let segment = match panic::catch_unwind(AssertUnwindSafe(|| source.next())) {
                    Ok(Some(segment)) => segment,
                    Ok(None) => break,
                    Err(panic) => {
                        let _ = fill.send(Err(panic));
                        break;
                    }
                };
                let (transcode, at_work) = (Arc::clone(&transcode), at_work.clone());
                pool.spawn(move || {
                    let result = panic::catch_unwind(AssertUnwindSafe(|| transcode(segment)));
                    drop(transcode);
                    let _ = fill.send(result);
                    drop(at_work);
                });
            }
            // The pool itself does not wait for its jobs.
            drop((sender, source, at_work));
            let _ = none_left.recv();
        });
        Self {
            tickets: Some(tickets),
            feeder: Some(feeder),
        }
    }
}

impl<Out: Send + 'static> Iterator for InOrder<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<thread::Result<Out>> {
        let ticket = self.tickets.as_ref()?.recv().ok();
        let result = ticket.and_then(|ticket| ticket.recv().ok());
        if result.is_none() {
            self.tickets = None;
        }
        result
    }
}

impl<Out> Drop for InOrder<Out> {
    fn drop(&mut self) {
        drop(self.tickets.take());
        if let Some(feeder) = self.feeder.take() {
            let _ = feeder.join();
        }
    }
}
