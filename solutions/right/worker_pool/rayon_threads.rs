//! Design: rayon's threads; a count of unfinished jobs bounds the queue and tells drop when to stop.
//! Crates: rayon = "1.12"

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use rayon::{ThreadPool, ThreadPoolBuilder};

#[derive(Debug)]
pub struct Pool {
    threads: ThreadPool,
    unfinished: Arc<Unfinished>,
    limit: usize,
}

#[derive(Debug, Default)]
struct Unfinished {
    count: Mutex<usize>,
    changed: Condvar,
}

#[derive(Debug)]
pub struct Ticket<T> {
    result: Receiver<thread::Result<T>>,
}

impl Pool {
    pub fn new(workers: usize, queue: usize) -> Self {
        assert!(workers > 0, "a pool without workers would never run a job");
        let threads = ThreadPoolBuilder::new()
            .num_threads(workers)
            .build()
            .expect("the system has room for the threads");
        Self {
            threads,
            unfinished: Arc::default(),
            limit: workers + queue,
        }
    }

    pub fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
        let (sender, result) = mpsc::sync_channel(1);
        let unfinished = Arc::clone(&self.unfinished);
        // rayon's own queue has no bound, so whoever submits waits here.
        unfinished.wait_until(|count| count < self.limit, |count| count + 1);
        self.threads.spawn(move || {
            let _ = sender.send(panic::catch_unwind(AssertUnwindSafe(job)));
            unfinished.wait_until(|_| true, |count| count - 1);
        });
        Ticket { result }
    }
}

impl Unfinished {
    fn wait_until(&self, ready: impl Fn(usize) -> bool, change: impl Fn(usize) -> usize) {
        let count = self.count.lock().expect("nobody panics with the lock held");
        let mut count = self
            .changed
            .wait_while(count, |count| !ready(*count))
            .expect("nobody panics with the lock held");
        *count = change(*count);
        self.changed.notify_all();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // rayon's own drop tells the threads to end once they are idle, and does not wait.
        self.unfinished
            .wait_until(|count| count == 0, |count| count);
    }
}

impl<T> Ticket<T> {
    pub fn wait(self) -> thread::Result<T> {
        self.result.recv().expect("every job sends its result")
    }
}
