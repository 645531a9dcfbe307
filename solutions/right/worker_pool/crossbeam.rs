//! Design: a channel with many consumers, so that no lock is needed around the receiver.
//! Crates: crossbeam-channel = "0.5"

use std::panic::{self, AssertUnwindSafe};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};

type Job = Box<dyn FnOnce() + Send>;

#[derive(Debug)]
pub struct Pool {
    queue: Option<Sender<Job>>,
    workers: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
pub struct Ticket<T> {
    result: Receiver<thread::Result<T>>,
}

impl Pool {
    pub fn new(workers: usize, queue: usize) -> Self {
        assert!(workers > 0, "a pool without workers would never run a job");
        let (sender, receiver) = bounded::<Job>(queue);
        let workers = (0..workers)
            .map(|_| {
                let receiver = receiver.clone();
                // A receiver is an iterator that ends when the channel is closed and empty.
                thread::spawn(move || receiver.iter().for_each(|job| job()))
            })
            .collect();
        Self {
            queue: Some(sender),
            workers,
        }
    }

    pub fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
        let (sender, result) = bounded(1);
        let job = Box::new(move || {
            let _ = sender.send(panic::catch_unwind(AssertUnwindSafe(job)));
        });
        let queue = self.queue.as_ref().expect("only drop takes the sender");
        queue.send(job).expect("the workers outlive the sender");
        Ticket { result }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue = None;
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

impl<T> Ticket<T> {
    pub fn wait(self) -> thread::Result<T> {
        self.result.recv().expect("every job sends its result")
    }
}
