//! Mistake: when the queue is full, submit runs the job itself instead of waiting for room.
//! Rejected by: pattern::a_full_queue_makes_submit_wait
//! Learner sees: pool.submit(job …) ran job … itself, on the thread that called it

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// What travels through the queue: a job that has forgotten its type.
type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads that run jobs from one bounded queue.
///
/// Dropping the pool closes the queue and waits until every job that was submitted has run.
#[derive(Debug)]
pub struct Pool {
    /// `None` only while the pool is being dropped: the queue closes when its sender goes.
    queue: Option<SyncSender<Job>>,
    workers: Vec<JoinHandle<()>>,
}

/// The promise of one job's result.
#[derive(Debug)]
pub struct Ticket<T> {
    result: Receiver<thread::Result<T>>,
}

impl Pool {
    /// Starts `workers` threads. Beside the jobs that are running, `queue` more can wait.
    ///
    /// # Panics
    /// If `workers` is zero: jobs would wait for ever.
    pub fn new(workers: usize, queue: usize) -> Self {
        assert!(workers > 0, "a pool without workers would never run a job");
        let (sender, receiver) = mpsc::sync_channel::<Job>(queue);
        // std's receiver has one owner, the workers are several: they take turns at it.
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

    /// Queues `job` for the next free worker, waiting while the queue is full.
    pub fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
        // Room for one result, so that handing it in never makes a worker wait.
        let (sender, result) = mpsc::sync_channel(1);
        let job = Box::new(move || {
            // The pool shares nothing with the job that a panic could leave half done: whatever
            // the job captured is dropped with it.
            let result = panic::catch_unwind(AssertUnwindSafe(job));
            // Nobody waits for a ticket that was dropped, and that is no error.
            let _ = sender.send(result);
        });
        self.queue
            .as_ref()
            .expect("only drop takes the sender")
            .try_send(job as Job)
            .unwrap_or_else(|error| match error {
                mpsc::TrySendError::Full(job) => job(),
                mpsc::TrySendError::Disconnected(_) => unreachable!(),
            });
        Ticket { result }
    }
}

/// What a worker does all its life.
fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        // The guard is a temporary of this statement and gone at its end. In a `while let`, it
        // would live through the body, and the workers would run one job at a time.
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(),
            Err(mpsc::RecvError) => return,
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // The order matters: a worker that is waited for must first be able to end.
        drop(self.queue.take());
        for worker in self.workers.drain(..) {
            // A worker catches its jobs' panics; if one went down all the same, it is down.
            let _ = worker.join();
        }
    }
}

impl<T> Ticket<T> {
    /// Waits until the job has run, and returns its result.
    ///
    /// # Errors
    /// The job's panic, as [`thread::JoinHandle::join`] hands it out.
    pub fn wait(self) -> thread::Result<T> {
        self.result
            .recv()
            .expect("a job always sends its result, and the pool runs every job")
    }
}
