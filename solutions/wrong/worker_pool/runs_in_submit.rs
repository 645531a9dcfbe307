//! Mistake: submit runs the job itself, so nothing runs at once: a sequential cheat.
//! Rejected by: core::three_workers_run_three_jobs_at_once
//! Learner sees: pool.submit(job 0) ran job 0 itself, on the thread that called it

use std::panic::{self, AssertUnwindSafe};
use std::thread;

#[derive(Debug)]
pub struct Pool;

#[derive(Debug)]
pub struct Ticket<T> {
    result: thread::Result<T>,
}

impl Pool {
    pub fn new(workers: usize, _queue: usize) -> Self {
        assert!(workers > 0, "a pool without workers would never run a job");
        Self
    }

    pub fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
        Ticket {
            result: panic::catch_unwind(AssertUnwindSafe(job)),
        }
    }
}

impl<T> Ticket<T> {
    pub fn wait(self) -> thread::Result<T> {
        self.result
    }
}
