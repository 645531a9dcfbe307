//! Mistake: `next` itself fills the window up before it hands out what is done.
//! Rejected by: pattern::a_source_that_stalls_holds_back_nothing_that_is_done
//! Learner sees: segment 0 is done, but next() waits for the source, which takes its time over segment 2

use std::collections::VecDeque;
use std::iter::Fuse;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

pub fn transcode_all<In: Send, Out: Send>(
    segments: Vec<In>,
    workers: usize,
    transcode: impl Fn(In) -> Out + Sync,
) -> Vec<Out> {
    assert!(workers > 0, "without workers nothing is ever transcoded");
    let segments = Mutex::new(segments.into_iter().enumerate());
    let work = || {
        let mut mine = Vec::new();
        loop {
            let next = segments
                .lock()
                .expect("nobody panics with the lock held")
                .next();
            let Some((index, segment)) = next else {
                return mine;
            };
            mine.push((index, transcode(segment)));
        }
    };
    let mut results: Vec<(usize, Out)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| panic::resume_unwind(panic))
            })
            .collect()
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

type Job = Box<dyn FnOnce() + Send>;
type Source<Out> = Fuse<Box<dyn Iterator<Item = (Job, Receiver<thread::Result<Out>>)> + Send>>;

pub struct InOrder<Out> {
    source: Option<Source<Out>>,
    window: usize,
    tickets: VecDeque<Receiver<thread::Result<Out>>>,
    queue: Option<Sender<Job>>,
    workers: Vec<JoinHandle<()>>,
}

impl<Out: Send + 'static> InOrder<Out> {
    pub fn new<In: Send + 'static>(
        source: impl Iterator<Item = In> + Send + 'static,
        workers: usize,
        window: usize,
        transcode: impl Fn(In) -> Out + Send + Sync + 'static,
    ) -> Self {
        assert!(workers > 0, "without workers nothing is ever transcoded");
        assert!(window > 0, "without a window nothing is ever read");
        let (queue, jobs) = mpsc::channel::<Job>();
        let jobs = Arc::new(Mutex::new(jobs));
        let workers = (0..workers)
            .map(|_| {
                let jobs = Arc::clone(&jobs);
                thread::spawn(move || {
                    loop {
                        let next = jobs
                            .lock()
                            .expect("nobody panics with the lock held")
                            .recv();
                        let Ok(job) = next else {
                            return;
                        };
                        job();
                    }
                })
            })
            .collect();
        let transcode = Arc::new(transcode);
        let source = source.map(move |segment| {
            let transcode = Arc::clone(&transcode);
            let (fill, ticket) = mpsc::sync_channel(1);
            let job: Job = Box::new(move || {
                let result = panic::catch_unwind(AssertUnwindSafe(|| transcode(segment)));
                let _ = fill.send(result);
            });
            (job, ticket)
        });
        let source: Box<dyn Iterator<Item = _> + Send> = Box::new(source);
        Self {
            source: Some(source.fuse()),
            window,
            tickets: VecDeque::new(),
            queue: Some(queue),
            workers,
        }
    }
}

impl<Out> InOrder<Out> {
    fn fill_up(&mut self) {
        while self.tickets.len() < self.window {
            let Some((job, ticket)) = self.source.as_mut().and_then(Iterator::next) else {
                return;
            };
            self.tickets.push_back(ticket);
            let queue = self.queue.as_ref().expect("only drop takes it");
            queue.send(job).expect("the workers wait for jobs");
        }
    }
}

impl<Out: Send + 'static> Iterator for InOrder<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<thread::Result<Out>> {
        self.fill_up();
        let ticket = self.tickets.pop_front()?;
        Some(ticket.recv().expect("a job always fills its ticket"))
    }
}

impl<Out> Drop for InOrder<Out> {
    fn drop(&mut self) {
        drop(self.source.take());
        drop(self.queue.take());
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}
