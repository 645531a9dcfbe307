//! Mistake: every job gets a thread of its own, however many workers were asked for.
//! Rejected by: core::thirty_jobs_share_three_threads
//! Learner sees: 30 jobs ran on 30 threads, but the pool has 3 workers

use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

#[derive(Debug)]
pub struct Pool {
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug)]
pub struct Ticket<T> {
    result: Receiver<thread::Result<T>>,
}

impl Pool {
    pub fn new(workers: usize, _queue: usize) -> Self {
        assert!(workers > 0, "a pool without workers would never run a job");
        Self {
            threads: Mutex::default(),
        }
    }

    pub fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
        let (sender, result) = mpsc::sync_channel(1);
        let thread = thread::spawn(move || {
            let result = panic::catch_unwind(AssertUnwindSafe(job));
            let _ = sender.send(result);
        });
        self.threads.lock().unwrap().push(thread);
        Ticket { result }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for thread in self.threads.lock().unwrap().drain(..) {
            let _ = thread.join();
        }
    }
}

impl<T> Ticket<T> {
    pub fn wait(self) -> thread::Result<T> {
        self.result.recv().unwrap()
    }
}
