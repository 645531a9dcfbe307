//! Mistake: every worker has a queue of its own, filled in turn: a job waits behind a busy worker.
//! Rejected by: pattern::no_job_waits_behind_a_busy_worker_while_another_is_idle
//! Learner sees: a job waits behind the busy worker, while the other worker is idle

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

#[derive(Debug)]
pub struct Pool {
    queues: Vec<SyncSender<Job>>,
    next: AtomicUsize,
    workers: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
pub struct Ticket<T> {
    result: Receiver<thread::Result<T>>,
}

impl Pool {
    pub fn new(workers: usize, queue: usize) -> Self {
        assert!(workers > 0, "a pool without workers would never run a job");
        let (queues, workers) = (0..workers)
            .map(|_| {
                let (sender, receiver) = mpsc::sync_channel::<Job>(queue);
                let worker = thread::spawn(move || receiver.iter().for_each(|job| job()));
                (sender, worker)
            })
            .unzip();
        Self {
            queues,
            next: AtomicUsize::new(0),
            workers,
        }
    }

    pub fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
        let (sender, result) = mpsc::sync_channel(1);
        let job = Box::new(move || {
            let result = panic::catch_unwind(AssertUnwindSafe(job));
            let _ = sender.send(result);
        });
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.queues.len();
        self.queues[next].send(job).unwrap();
        Ticket { result }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queues.clear();
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
