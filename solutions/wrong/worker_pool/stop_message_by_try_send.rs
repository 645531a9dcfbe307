//! Mistake: drop sends each worker a message that means stop, and gives up where the queue has no room for it.
//! Rejected by: pattern::dropping_the_pool_runs_what_is_still_queued
//! Learner sees: drop(pool) never returned

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

enum Message {
    Job(Box<dyn FnOnce() + Send>),
    Stop,
}

#[derive(Debug)]
pub struct Pool {
    queue: SyncSender<Message>,
    workers: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
pub struct Ticket<T> {
    result: Receiver<thread::Result<T>>,
}

impl Pool {
    pub fn new(workers: usize, queue: usize) -> Self {
        assert!(workers > 0, "a pool without workers would never run a job");
        let (sender, receiver) = mpsc::sync_channel::<Message>(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        let workers = (0..workers)
            .map(|_| {
                let receiver = Arc::clone(&receiver);
                thread::spawn(move || work(&receiver))
            })
            .collect();
        Self {
            queue: sender,
            workers,
        }
    }

    pub fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
        let (sender, result) = mpsc::sync_channel(1);
        let job = Box::new(move || {
            let result = panic::catch_unwind(AssertUnwindSafe(job));
            let _ = sender.send(result);
        });
        self.queue
            .send(Message::Job(job))
            .expect("the workers hold the receiver as long as the pool lives");
        Ticket { result }
    }
}

fn work(queue: &Mutex<Receiver<Message>>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(Message::Job(job)) => job(),
            Ok(Message::Stop) | Err(mpsc::RecvError) => return,
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for _ in &self.workers {
            let _ = self.queue.try_send(Message::Stop);
        }
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

impl<T> Ticket<T> {
    pub fn wait(self) -> thread::Result<T> {
        self.result
            .recv()
            .expect("a job always sends its result, and the pool runs every job")
    }
}
