//! Design: a blocking closure for each item, on the threads of a tokio runtime; whoever reads the source waits for a permit before it hands one over.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Duration;

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
    // tokio's queue of blocking closures has no bound. These permits are the bound: one for each
    // item that is worked on, and for each that may wait.
    let places = workers + room;
    let permits = Arc::new(Semaphore::new(places));
    let all = u32::try_from(places).expect("nobody needs so much room");
    let work = Arc::new(work);
    // Of std, because the channel of tokio cannot be made without room.
    let (done, results) = mpsc::sync_channel(room);
    // The runtime's own thread. `next` of the source may block it: there are no other tasks on it.
    let runtime = thread::spawn(move || {
        // Threads that stay: by default one ends after ten idle seconds, and another is started.
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(workers)
            .thread_keep_alive(Duration::MAX)
            .build()
            .expect("the system has room for a runtime");
        let reading = async {
            for item in source {
                let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
                    return; // nobody wants results any more
                };
                let (permits, work, done) = (Arc::clone(&permits), Arc::clone(&work), done.clone());
                runtime.spawn_blocking(move || {
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
        // A runtime that is dropped does not promise to run the closures that have not begun.
        let _ = runtime.block_on(permits.acquire_many(all));
        drop(runtime);
        if let Err(panic) = read {
            panic::resume_unwind(panic);
        }
    });
    FanIn {
        results: Some(results),
        runtime: Some(runtime),
    }
}

#[derive(Debug)]
pub struct FanIn<Out> {
    results: Option<Receiver<thread::Result<Out>>>,
    runtime: Option<JoinHandle<()>>,
}

impl<Out> Iterator for FanIn<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Ok(result) = self.results.as_ref()?.recv() {
            return Some(result);
        }
        // Only the source can have panicked.
        self.runtime.take()?.join().err().map(Err)
    }
}

impl<Out> Drop for FanIn<Out> {
    fn drop(&mut self) {
        self.results = None;
        if let Some(runtime) = self.runtime.take() {
            let _ = runtime.join();
        }
    }
}
