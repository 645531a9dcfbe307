//! Mistake: drop empties the queue on the caller's thread, beside the workers: one more job at once than there are workers.
//! Rejected by: pattern::dropping_the_pool_runs_what_is_still_queued
//! Learner sees: drop(pool) ran job … itself, on the thread that called it

use std::collections::VecDeque;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

#[derive(Debug)]
pub struct Pool {
    queue: Arc<Queue>,
    workers: Vec<JoinHandle<()>>,
}

struct Queue {
    state: Mutex<State>,
    room: Condvar,
    work: Condvar,
}

struct State {
    jobs: VecDeque<Job>,
    capacity: usize,
    idle: usize,
    closed: bool,
}

#[derive(Debug)]
pub struct Ticket<T> {
    slot: Arc<Slot<T>>,
}

#[derive(Debug)]
struct Slot<T> {
    result: Mutex<Option<thread::Result<T>>>,
    filled: Condvar,
}

impl Pool {
    pub fn new(workers: usize, queue: usize) -> Self {
        assert!(workers > 0, "a pool without workers would never run a job");
        let queue = Arc::new(Queue {
            state: Mutex::new(State {
                jobs: VecDeque::new(),
                capacity: queue,
                idle: 0,
                closed: false,
            }),
            room: Condvar::new(),
            work: Condvar::new(),
        });
        let workers = (0..workers)
            .map(|_| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || {
                    while let Some(job) = queue.pop() {
                        job();
                    }
                })
            })
            .collect();
        Self { queue, workers }
    }

    pub fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
        let slot = Arc::new(Slot {
            result: Mutex::new(None),
            filled: Condvar::new(),
        });
        let fill = Arc::clone(&slot);
        self.queue.push(Box::new(move || {
            let result = panic::catch_unwind(AssertUnwindSafe(job));
            *fill
                .result
                .lock()
                .expect("nobody panics with the lock held") = Some(result);
            fill.filled.notify_one();
        }));
        Ticket { slot }
    }
}

impl Queue {
    fn push(&self, job: Job) {
        let state = self.state.lock().expect("nobody panics with the lock held");
        let mut state = self
            .room
            .wait_while(state, |state| {
                state.jobs.len() >= state.capacity + state.idle
            })
            .expect("nobody panics with the lock held");
        state.jobs.push_back(job);
        self.work.notify_one();
    }

    fn pop(&self) -> Option<Job> {
        let mut state = self.state.lock().expect("nobody panics with the lock held");
        state.idle += 1;
        self.room.notify_one();
        let mut state = self
            .work
            .wait_while(state, |state| state.jobs.is_empty() && !state.closed)
            .expect("nobody panics with the lock held");
        state.idle -= 1;
        let job = state.jobs.pop_front();
        self.room.notify_one();
        job
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue
            .state
            .lock()
            .expect("nobody panics with the lock held")
            .closed = true;
        self.queue.work.notify_all();
        while let Some(job) = self.queue.pop() {
            job();
        }
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

impl<T> Ticket<T> {
    pub fn wait(self) -> thread::Result<T> {
        let result = self
            .slot
            .result
            .lock()
            .expect("nobody panics with the lock held");
        self.slot
            .filled
            .wait_while(result, |result| result.is_none())
            .expect("nobody panics with the lock held")
            .take()
            .expect("waited until it was there")
    }
}
