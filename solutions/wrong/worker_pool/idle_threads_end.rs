//! Mistake: a thread that has been idle for a millisecond ends, and a later job starts another one.
//! Rejected by: pattern::a_worker_without_a_job_sleeps
//! Learner sees: the only worker had nothing to do for a second, and another thread ran the next job

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};

// A job is a closure without an `.await`. In a task it would keep one of the runtime's own threads
// from everything else, timers and sockets included. So it goes where code may block.
#[derive(Debug)]
pub struct Pool {
    runtime: Runtime,
    /// A permit for each job that runs, and for each that may wait.
    places: Arc<Semaphore>,
    all_places: u32,
}

#[derive(Debug)]
pub struct Ticket<T> {
    result: oneshot::Receiver<thread::Result<T>>,
}

impl Pool {
    pub fn new(workers: usize, queue: usize) -> Self {
        assert!(workers > 0, "a pool without workers would never run a job");
        // On one thread, and that is nobody's: the pool has no tasks. tokio starts a blocking thread
        // when a job finds none idle, up to this number, and by default ends it after ten idle
        // seconds. Here it is to stay.
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(workers)
            .thread_keep_alive(Duration::from_millis(1))
            .build()
            .expect("the system has room for a runtime");
        let places = workers + queue;
        Self {
            runtime,
            places: Arc::new(Semaphore::new(places)),
            all_places: u32::try_from(places).expect("nobody waits in so long a queue"),
        }
    }

    pub fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Ticket<T> {
        let (sender, result) = oneshot::channel();
        // tokio's own queue has no bound, so whoever submits waits here. The channel of tokio has
        // one, but not of zero.
        let place = Arc::clone(&self.places).acquire_owned();
        let place = self.runtime.handle().block_on(place);
        let place = place.expect("nobody closes the semaphore");
        self.runtime.spawn_blocking(move || {
            let _ = sender.send(panic::catch_unwind(AssertUnwindSafe(job)));
            drop(place);
        });
        Ticket { result }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // The drop of the runtime waits for the jobs that run. It does not promise to run the others.
        let all_places = self.places.acquire_many(self.all_places);
        let _ = self.runtime.handle().block_on(all_places);
    }
}

impl<T> Ticket<T> {
    pub fn wait(self) -> thread::Result<T> {
        self.result
            .blocking_recv()
            .expect("every job sends its result")
    }
}
