//! # Worker pool
//!
//! A report service draws charts, renders tables and zips archives. Whatever the job is, it must
//! run on one of a fixed number of threads, and its result must find the way back to whoever asked
//! for it. Build the pool. The chapter is `src/worker_pool.md`.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! Check your work with
//!
//! ```text
//! cargo test -p exercises --test worker_pool
//! ```

use std::thread;

/// A fixed number of threads that run jobs from one bounded queue.
///
/// The pool has as many threads as it was given workers, and none is ever started beyond them: a
/// thousand jobs run on the same few threads. A job never runs on a thread that calls the pool.
///
/// A worker without a job sleeps until there is one. A caller that has to wait, for room in the queue or
/// for a result, sleeps as well.
///
/// Jobs begin in the order of their submission, each as soon as any worker is free.
///
/// A job that panics harms nobody else: its [`Ticket`] hands out the panic, and the same worker
/// goes on with the next job.
///
/// Dropping the pool closes the queue and waits: when `drop` returns, every job that was submitted
/// has run on one of the pool's threads, and the threads have been told to end. There is no
/// `impl Drop` below; you write it.
///
/// A pool may be moved to another thread, and shared by several.
#[derive(Debug)]
pub struct Pool {
    // Which parts must outlive a call to `submit`?
}

/// The promise of one job's result.
#[derive(Debug)]
pub struct Ticket<T> {
    // Where will the result arrive?
    result: std::marker::PhantomData<T>,
}

impl Pool {
    /// Starts `workers` threads. Beside the jobs that are running, `queue` more can wait.
    ///
    /// # Panics
    /// If `workers` is zero: jobs would wait for ever.
    pub fn new(workers: usize, queue: usize) -> Self {
        todo!("Pool::new({workers}, {queue})")
    }

    /// Queues `job` for the next free worker, waiting while the queue is full.
    ///
    /// The job runs on another thread, and maybe long after the function that submitted it has
    /// returned. The signature must demand of `job` and of its result whatever that takes.
    pub fn submit<T>(&self, job: impl FnOnce() -> T) -> Ticket<T> {
        let _ = job;
        todo!("Pool::submit")
    }
}

impl<T> Ticket<T> {
    /// Waits until the job has run, and returns its result.
    ///
    /// A ticket need not be waited for: the job runs also if its ticket is dropped. Nor need it be
    /// waited for in time: it keeps the result when the pool is gone.
    ///
    /// # Errors
    /// The job's panic, as [`thread::JoinHandle::join`] hands it out.
    ///
    /// **Stretch:** The payload of the panic comes out untouched, also one that is no text. If two jobs
    /// panic at once, each ticket hands out the panic of its own job.
    pub fn wait(self) -> thread::Result<T> {
        todo!("Ticket::wait")
    }
}
