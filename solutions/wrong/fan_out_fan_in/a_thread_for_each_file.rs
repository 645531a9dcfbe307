//! Mistake: each file gets a thread of its own, and permits keep them from being more than `workers` at once.
//! Rejected by: core::thirty_files_share_three_threads
//! Learner sees: 30 files were hashed on 30 threads, but there are 3 workers

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
    let (done, results) = mpsc::sync_channel(room);
    let (give_back, permits) = mpsc::sync_channel(workers);
    for _ in 0..workers {
        give_back.send(()).expect("there is room for all permits");
    }
    let work = Arc::new(work);
    let source = thread::spawn(move || {
        thread::scope(|scope| {
            for item in source {
                let permit = permits.recv();
                let (give_back, work, done) = (give_back.clone(), Arc::clone(&work), done.clone());
                if permit.is_err() {
                    return;
                }
                scope.spawn(move || {
                    let result = panic::catch_unwind(AssertUnwindSafe(|| work(item)));
                    let _ = done.send(result);
                    let _ = give_back.send(());
                });
            }
        });
    });
    FanIn {
        results: Some(results),
        source: Some(source),
    }
}

#[derive(Debug)]
pub struct FanIn<Out> {
    results: Option<Receiver<thread::Result<Out>>>,
    source: Option<JoinHandle<()>>,
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
        if let Some(source) = self.source.take() {
            let _ = source.join();
        }
    }
}
