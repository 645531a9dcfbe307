//! Mistake: idle workers and callers that wait for room sleep on one condition variable.
//! `notify_one` may wake one of the wrong kind, and then the wake-up is lost.
//! Rejected by: pattern::while_callers_wait_for_room_a_free_worker_gets_its_job
//! Learner sees: 3 callers wait for room in a queue for 0, a worker is free, and no job reaches it

use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    running: usize,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

pub struct Pool {
    shared: Arc<Shared>,
    limit: usize,
    workers: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pool")
    }
}

impl Pool {
    pub fn new(workers: usize, queue: usize) -> Self {
        assert!(workers > 0, "a pool needs a worker");
        let shared = Arc::new(Shared::default());
        let threads = (0..workers)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.serve())
            })
            .collect();
        Self {
            shared,
            limit: workers.saturating_add(queue),
            workers: threads,
        }
    }

    pub fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
        let (job, ticket) = pack(job);
        let mut state = self.shared.state.lock().unwrap();
        while state.running + state.jobs.len() >= self.limit {
            state = self.shared.changed.wait(state).unwrap();
        }
        state.jobs.push_back(job);
        drop(state);
        self.shared.changed.notify_one();
        ticket
    }
}

impl Shared {
    fn serve(&self) {
        let mut state = self.state.lock().unwrap();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                state.running += 1;
                drop(state);
                job();
                state = self.state.lock().unwrap();
                state.running -= 1;
                self.changed.notify_one();
            } else if state.closed {
                return;
            } else {
                state = self.changed.wait(state).unwrap();
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.state.lock().unwrap().closed = true;
        self.shared.changed.notify_all();
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

#[derive(Debug)]
pub struct Ticket<T> {
    result: Receiver<thread::Result<T>>,
}

impl<T> Ticket<T> {
    pub fn wait(self) -> thread::Result<T> {
        self.result.recv().expect("every job sends its result")
    }
}

fn pack<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> (Job, Ticket<T>) {
    let (sender, result) = mpsc::sync_channel(1);
    let job = Box::new(move || {
        let _ = sender.send(panic::catch_unwind(AssertUnwindSafe(job)));
    });
    (job, Ticket { result })
}
