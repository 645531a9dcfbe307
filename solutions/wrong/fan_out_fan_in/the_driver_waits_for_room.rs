//! Mistake: `buffer_unordered` over `spawn_blocking`, and the task that drives it blocks while a hash finds no room: a file that comes meanwhile is not begun, although a worker is idle.
//! Rejected by: pattern::a_file_that_comes_late_does_not_wait_behind_a_hash
//! Learner sees: the hash of file 0 waits for the caller, and file 1 waits behind it, though the other of 2 workers is idle

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use tokio::sync::oneshot;
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
    // Whoever wants an item asks the reader for it.
    let (ask, asked) = mpsc::channel::<oneshot::Sender<Option<In>>>();
    let panic = Arc::new(Mutex::new(None));
    let caught = Arc::clone(&panic);
    let reader = thread::spawn(move || {
        let mut source = source;
        for reply in asked {
            match panic::catch_unwind(AssertUnwindSafe(|| source.next())) {
                Ok(Some(item)) => {
                    let _ = reply.send(Some(item));
                }
                Ok(None) => return,
                Err(panic) => {
                    *caught.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
                    return;
                }
            }
        }
    });
    let work = Arc::new(work);
    let driver = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(workers)
            .thread_keep_alive(Duration::from_secs(1_000_000))
            .build()
            .expect("a runtime");
        runtime.block_on(async move {
            let items = stream::unfold(ask, async |ask| {
                let (reply, item) = oneshot::channel();
                ask.send(reply).ok()?;
                Some((item.await.ok()??, ask))
            });
            let results = items
                .map(|item| {
                    let work = Arc::clone(&work);
                    tokio::task::spawn_blocking(move || {
                        let result = work(item);
                        drop(work);
                        result
                    })
                })
                .buffer_unordered(workers);
            let mut results = pin!(results);
            while let Some(result) = results.next().await {
                if done
                    .send(result.map_err(|error| error.into_panic()))
                    .is_err()
                {
                    return;
                }
            }
        });
    });
    FanIn {
        results: Some(results),
        panic,
        threads: vec![driver, reader],
    }
}
#[derive(Debug)]
pub struct FanIn<Out> {
    results: Option<Receiver<thread::Result<Out>>>,
    panic: Arc<Mutex<Option<Box<dyn Any + Send>>>>,
    threads: Vec<JoinHandle<()>>,
}

impl<Out> Iterator for FanIn<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Ok(result) = self.results.as_ref()?.recv() {
            return Some(result);
        }
        self.panic
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .map(Err)
    }
}

impl<Out> Drop for FanIn<Out> {
    fn drop(&mut self) {
        drop(self.results.take());
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
