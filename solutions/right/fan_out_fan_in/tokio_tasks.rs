//! Design: a task for each item on a tokio runtime of so many threads, which the work blocks; nothing else may live on that runtime.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use tokio::runtime::Builder;
use tokio::sync::Semaphore;

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
    // A runtime's threads, all started here. While `work` computes or a result waits for room, one of
    // them polls no other task. On a runtime that serves others that would be a mistake, and without
    // any await in the task a timeout could not reach it.
    let runtime = Builder::new_multi_thread()
        .worker_threads(workers)
        .build()
        .expect("the system has room for the threads");
    // A runtime takes any number of tasks. These permits are the bound: one for each item that is
    // worked on, and for each that may wait.
    let places = workers + room;
    let permits = Arc::new(Semaphore::new(places));
    let all = u32::try_from(places).expect("nobody needs so much room");
    let work = Arc::new(work);
    let (done, results) = mpsc::sync_channel(room);
    // Not one of the runtime's threads: a task that such a thread spawns lies in a place of its own
    // until that thread has time, and no other takes it from there.
    let reader = thread::spawn(move || {
        let reading = async {
            for item in source {
                let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
                    return; // nobody wants results any more
                };
                let (permits, work, done) = (Arc::clone(&permits), Arc::clone(&work), done.clone());
                runtime.spawn(async move {
                    if permits.is_closed() {
                        return;
                    }
                    let result = panic::catch_unwind(AssertUnwindSafe(|| work(item)));
                    if done.send(result).is_err() {
                        permits.close();
                    }
                    drop(permit);
                });
            }
        };
        let read = panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(reading)));
        // A runtime that is dropped forgets the tasks that have not begun.
        let _ = runtime.block_on(permits.acquire_many(all));
        drop(runtime);
        if let Err(panic) = read {
            panic::resume_unwind(panic);
        }
    });
    FanIn {
        results: Some(results),
        reader: Some(reader),
    }
}

#[derive(Debug)]
pub struct FanIn<Out> {
    results: Option<Receiver<thread::Result<Out>>>,
    reader: Option<JoinHandle<()>>,
}

impl<Out> Iterator for FanIn<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Ok(result) = self.results.as_ref()?.recv() {
            return Some(result);
        }
        // Only the source can have panicked.
        self.reader.take()?.join().err().map(Err)
    }
}

impl<Out> Drop for FanIn<Out> {
    fn drop(&mut self) {
        self.results = None;
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}
