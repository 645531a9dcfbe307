//! Mistake: every worker holds a sender too, so the queue never closes and the threads are leaked.
//! Rejected by: pattern::the_workers_end_with_the_pool
//! Learner sees: drop(pool) returned, but its threads never end

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

#[derive(Debug)]
pub struct Pool {
    queue: Option<SyncSender<Job>>,
    unfinished: Arc<(Mutex<usize>, Condvar)>,
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
        for _ in 0..workers {
            let receiver = Arc::clone(&receiver);
            let requeue = sender.clone();
            thread::spawn(move || {
                // For jobs that queue further jobs.
                let _requeue = requeue;
                work(&receiver);
            });
        }
        Self {
            queue: Some(sender),
            unfinished: Arc::default(),
        }
    }

    pub fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
        let (sender, result) = mpsc::sync_channel(1);
        *self.unfinished.0.lock().unwrap() += 1;
        let state = Arc::clone(&self.unfinished);
        let job = Box::new(move || {
            let result = panic::catch_unwind(AssertUnwindSafe(job));
            let _ = sender.send(result);
            let (unfinished, changed) = &*state;
            *unfinished.lock().unwrap() -= 1;
            changed.notify_all();
        });
        self.queue.as_ref().unwrap().send(job).unwrap();
        Ticket { result }
    }
}

fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        let job = queue.lock().unwrap().recv();
        match job {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        drop(self.queue.take());
        let (unfinished, changed) = &*self.unfinished;
        let unfinished = unfinished.lock().unwrap();
        let _unfinished = changed.wait_while(unfinished, |n| *n > 0).unwrap();
    }
}

impl<T> Ticket<T> {
    pub fn wait(self) -> thread::Result<T> {
        self.result.recv().unwrap()
    }
}
