//! Mistake: segments are dealt out in turn and collected in turn: in order without a number, but what was dealt to a slow worker waits for it.
//! Rejected by: pattern::the_whole_window_is_worked_on_behind_a_stalled_segment
//! Learner sees: segment 0 is stalled in a window of 6, but only 3 of the 5 behind it are done: a worker is idle too early

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

#[derive(Debug)]
pub struct InOrder<Out> {
    results: Vec<Receiver<thread::Result<Out>>>,
    turn: usize,
    permits: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl<Out: Send + 'static> InOrder<Out> {
    pub fn new<In: Send + 'static>(
        mut source: impl Iterator<Item = In> + Send + 'static,
        workers: usize,
        window: usize,
        transcode: impl Fn(In) -> Out + Send + Sync + 'static,
    ) -> Self {
        assert!(workers > 0, "without workers nothing is ever transcoded");
        assert!(window > 0, "without a window nothing is ever read");
        let (permits, taken) = mpsc::channel();
        for _ in 0..window {
            permits.send(()).expect("its receiver is right here");
        }
        let transcode = Arc::new(transcode);
        let mut threads = Vec::new();
        let mut results = Vec::new();
        let mut queues = Vec::new();
        for _ in 0..workers {
            let (queue, segments) = mpsc::channel();
            let (done, finished) = mpsc::channel();
            let transcode = Arc::clone(&transcode);
            threads.push(thread::spawn(move || {
                for segment in segments {
                    let result = match segment {
                        Ok(segment) => panic::catch_unwind(AssertUnwindSafe(|| transcode(segment))),
                        Err(panic) => Err(panic),
                    };
                    if done.send(result).is_err() {
                        return;
                    }
                }
            }));
            queues.push(queue);
            results.push(finished);
        }
        threads.push(thread::spawn(move || {
            for queue in queues.iter().cycle() {
                if taken.recv().is_err() {
                    return;
                }
                let next = panic::catch_unwind(AssertUnwindSafe(|| source.next())).transpose();
                let Some(segment) = next else {
                    return;
                };
                let is_last = segment.is_err();
                if queue.send(segment).is_err() || is_last {
                    return;
                }
            }
        }));
        Self {
            results,
            turn: 0,
            permits: Some(permits),
            threads,
        }
    }
}

impl<Out: Send + 'static> Iterator for InOrder<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<thread::Result<Out>> {
        let result = self.results[self.turn % self.results.len()].recv().ok()?;
        self.turn += 1;
        let _ = self.permits.as_ref()?.send(());
        Some(result)
    }
}

impl<Out> Drop for InOrder<Out> {
    fn drop(&mut self) {
        self.results.clear();
        drop(self.permits.take());
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
