//! Design: no queue to the workers and no thread that fills it: they take turns at the source itself.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// A panic, if there was one, of a source that is read by several threads.
type Panicked = Mutex<Option<Box<dyn Any + Send>>>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No panic leaves the code under a lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

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
    let shared = Arc::new((Mutex::new(Some(source)), work));
    let panicked = Arc::new(Panicked::default());
    let workers = (0..workers)
        .map(|_| {
            let (shared, panicked, done) =
                (Arc::clone(&shared), Arc::clone(&panicked), done.clone());
            thread::spawn(move || {
                let (source, work) = &*shared;
                while let Some(item) = take(source, &panicked) {
                    let result = panic::catch_unwind(AssertUnwindSafe(|| work(item)));
                    if done.send(result).is_err() {
                        return;
                    }
                }
            })
        })
        .collect();
    FanIn {
        results: Some(results),
        panicked,
        workers,
    }
}

/// The next item. The lock is free again when it returns. A source that has ended is not asked again.
fn take<S: Iterator>(source: &Mutex<Option<S>>, panicked: &Panicked) -> Option<S::Item> {
    let mut source = lock(source);
    let next = panic::catch_unwind(AssertUnwindSafe(|| source.as_mut()?.next()));
    let next = next.unwrap_or_else(|panic| {
        *lock(panicked) = Some(panic);
        None
    });
    if next.is_none() {
        *source = None;
    }
    next
}

pub struct FanIn<Out> {
    results: Option<Receiver<thread::Result<Out>>>,
    panicked: Arc<Panicked>,
    workers: Vec<JoinHandle<()>>,
}

impl<Out> Iterator for FanIn<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.results.as_ref()?.recv().ok();
        result.or_else(|| lock(&self.panicked).take().map(Err))
    }
}

impl<Out> Drop for FanIn<Out> {
    fn drop(&mut self) {
        self.results = None;
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}
