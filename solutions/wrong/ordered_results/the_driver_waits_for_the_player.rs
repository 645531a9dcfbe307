//! Mistake: `buffered` over `spawn_blocking`, and the task that drives it blocks while it hands a segment over: one that is made meanwhile is not begun.
//! Rejected by: pattern::a_segment_that_comes_late_does_not_wait_behind_one_that_is_done
//! Learner sees: segment 1 is done and waits for the player, and segment 2 waits behind it, though a worker is idle

use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

use futures::stream::{self, StreamExt as _};
pub fn transcode_all<In: Send, Out: Send>(
    segments: Vec<In>,
    workers: usize,
    transcode: impl Fn(In) -> Out + Sync,
) -> Vec<Out> {
    assert!(workers > 0, "without workers nothing is ever transcoded");
    let segments = Mutex::new(segments.into_iter().enumerate());
    let work = || {
        let mut mine = Vec::new();
        loop {
            // A statement of its own: the lock is held to take a segment, not to work on it.
            let next = segments
                .lock()
                .expect("nobody panics with the lock held")
                .next();
            let Some((index, segment)) = next else {
                return mine;
            };
            mine.push((index, transcode(segment)));
        }
    };
    let mut results: Vec<(usize, Out)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            // The scope itself would say no more than that a thread has panicked.
            .flat_map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| panic::resume_unwind(panic))
            })
            .collect()
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
#[derive(Debug)]
pub struct InOrder<Out> {
    results: Option<Receiver<thread::Result<Out>>>,
    threads: Vec<JoinHandle<()>>,
}

impl<Out: Send + 'static> InOrder<Out> {
    pub fn new<In: Send + 'static>(
        source: impl Iterator<Item = In> + Send + 'static,
        workers: usize,
        window: usize,
        transcode: impl Fn(In) -> Out + Send + Sync + 'static,
    ) -> Self {
        assert!(workers > 0, "without workers nothing is ever transcoded");
        assert!(window > 0, "without a window nothing is ever read");
        let transcode = Arc::new(transcode);
        let (done, results) = mpsc::sync_channel(0);
        let (ask, asked) = mpsc::channel::<oneshot::Sender<Option<In>>>();
        let panic = Arc::new(Mutex::new(None));
        let caught = Arc::clone(&panic);
        let reader = thread::spawn(move || {
            let mut source = source;
            for reply in asked {
                if reply.is_closed() {
                    return;
                }
                match panic::catch_unwind(AssertUnwindSafe(|| source.next())) {
                    Ok(Some(segment)) => {
                        let _ = reply.send(Some(segment));
                    }
                    Ok(None) => return,
                    Err(panic) => {
                        *caught.lock().unwrap() = Some(panic);
                        return;
                    }
                }
            }
        });
        let driver = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .max_blocking_threads(workers)
                .thread_keep_alive(Duration::from_secs(1_000_000))
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let segments = stream::unfold(ask, async |ask| {
                    let (reply, segment) = oneshot::channel();
                    ask.send(reply).ok()?;
                    Some((segment.await.ok()??, ask))
                });
                let results = segments
                    .map(|segment| {
                        let transcode = Arc::clone(&transcode);
                        tokio::task::spawn_blocking(move || {
                            let result = transcode(segment);
                            drop(transcode);
                            result
                        })
                    })
                    .buffered(window);
                let mut results = pin!(results);
                while let Some(result) = results.next().await {
                    if done
                        .send(result.map_err(|error| error.into_panic()))
                        .is_err()
                    {
                        return;
                    }
                }
                if let Some(panic) = panic.lock().unwrap().take() {
                    let _ = done.send(Err(panic));
                }
            });
        });
        Self {
            results: Some(results),
            threads: vec![driver, reader],
        }
    }
}

impl<Out: Send + 'static> Iterator for InOrder<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<thread::Result<Out>> {
        self.results.as_ref()?.recv().ok()
    }
}

impl<Out> Drop for InOrder<Out> {
    fn drop(&mut self) {
        drop(self.results.take());
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
