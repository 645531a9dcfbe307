//! Mistake: all tickets wait on one condition variable, and each result wakes one of them, which
//! need not be the one that the result is for.
//! Rejected by: pattern::a_result_wakes_the_one_who_waits_for_it
//! Learner sees: 3 threads wait for their tickets in the order 0, 1, 2, and the jobs are done in the order 1, 2, 0; but only … of them got their results

use std::collections::HashSet;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;
type Done = (Mutex<HashSet<u64>>, Condvar);

#[derive(Debug)]
pub struct Pool {
    queue: Option<SyncSender<Job>>,
    done: Arc<Done>,
    next: AtomicU64,
    workers: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
pub struct Ticket<T> {
    id: u64,
    done: Arc<Done>,
    result: Arc<Mutex<Option<thread::Result<T>>>>,
}

impl<T> Ticket<T> {
    pub fn wait(self) -> thread::Result<T> {
        let mut done = self.done.0.lock().unwrap();
        while !done.remove(&self.id) {
            done = self.done.1.wait(done).unwrap();
        }
        drop(done);
        self.result.lock().unwrap().take().unwrap()
    }
}

impl Pool {
    pub fn new(workers: usize, queue: usize) -> Self {
        assert!(workers > 0, "a pool needs a worker");
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
            done: Arc::default(),
            next: AtomicU64::new(0),
            workers,
        }
    }

    pub fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let result = Arc::new(Mutex::new(None));
        let ticket = Ticket {
            id,
            done: Arc::clone(&self.done),
            result: Arc::clone(&result),
        };
        let done = Arc::clone(&self.done);
        let job = Box::new(move || {
            *result.lock().unwrap() = Some(panic::catch_unwind(AssertUnwindSafe(job)));
            done.0.lock().unwrap().insert(id);
            done.1.notify_one();
        });
        self.queue.as_ref().unwrap().send(job).unwrap();
        ticket
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

fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}
