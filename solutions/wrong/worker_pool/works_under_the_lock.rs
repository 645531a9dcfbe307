//! Mistake: the `while let` keeps the lock on the queue while the job runs.
//! Rejected by: core::three_workers_run_three_jobs_at_once
//! Learner sees: only 1 of 3 jobs ran at once, but the pool has 3 workers

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

#[derive(Debug)]
pub struct Pool {
    queue: Option<SyncSender<Job>>,
    workers: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
pub struct Ticket<T> {
    result: Receiver<thread::Result<T>>,
}

impl Pool {
    pub fn new(workers: usize, queue: usize) -> Self {
        assert!(workers > 0, "a pool without workers would never run a job");
        let (sender, receiver) = mpsc::sync_channel::<Job>(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        let workers = (0..workers)
            .map(|_| {
                let receiver = Arc::clone(&receiver);
                thread::spawn(move || work(&receiver))
            })
            .collect();
        Self {
            queue: Some(sender),
            workers,
        }
    }

    pub fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
        let (sender, result) = mpsc::sync_channel(1);
        let job = Box::new(move || {
            let result = panic::catch_unwind(AssertUnwindSafe(job));
            let _ = sender.send(result);
        });
        self.queue.as_ref().unwrap().send(job).unwrap();
        Ticket { result }
    }
}

fn work(queue: &Mutex<Receiver<Job>>) {
    while let Ok(job) = queue.lock().unwrap().recv() {
        job();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        drop(self.queue.take());
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

impl<T> Ticket<T> {
    pub fn wait(self) -> thread::Result<T> {
        self.result.recv().unwrap()
    }
}
