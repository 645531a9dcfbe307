//! Mistake: `next` hands out whatever is finished first.
//! Rejected by: core::the_segments_of_a_stream_come_in_order
//! Learner sees: segment 1 came out when it was segment 0's turn

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

type Finished<Out> = (usize, thread::Result<Out>);

#[derive(Debug)]
pub struct InOrder<Out> {
    finished: Option<Receiver<Finished<Out>>>,
    permits: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
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
        let (permits, taken) = mpsc::channel();
        for _ in 0..window {
            permits.send(()).expect("its receiver is right here");
        }
        let (queue, segments) = mpsc::channel();
        let (done, finished) = mpsc::channel();
        let segments = Arc::new(Mutex::new(segments));
        let transcode = Arc::new(transcode);
        let mut threads: Vec<JoinHandle<()>> = (0..workers)
            .map(|_| {
                let (segments, done) = (Arc::clone(&segments), done.clone());
                let transcode = Arc::clone(&transcode);
                thread::spawn(move || work(&segments, &done, &*transcode))
            })
            .collect();
        drop(segments);
        threads.push(thread::spawn(move || feed(source, &taken, &queue, &done)));
        Self {
            finished: Some(finished),
            permits: Some(permits),
            threads,
        }
    }
}

fn feed<In, Out>(
    mut source: impl Iterator<Item = In>,
    permits: &Receiver<()>,
    queue: &Sender<(usize, In)>,
    done: &Sender<Finished<Out>>,
) {
    for index in 0.. {
        if permits.recv().is_err() {
            return;
        }
        let sent = match panic::catch_unwind(AssertUnwindSafe(|| source.next())) {
            Ok(Some(segment)) => queue.send((index, segment)).is_ok(),
            Ok(None) => false,
            Err(panic) => {
                let _ = done.send((index, Err(panic)));
                false
            }
        };
        if !sent {
            return;
        }
    }
}

fn work<In, Out>(
    segments: &Mutex<Receiver<(usize, In)>>,
    done: &Sender<Finished<Out>>,
    transcode: &impl Fn(In) -> Out,
) {
    loop {
        let next = segments
            .lock()
            .expect("nobody panics with the lock held")
            .recv();
        let Ok((index, segment)) = next else {
            return;
        };
        let result = panic::catch_unwind(AssertUnwindSafe(|| transcode(segment)));
        if done.send((index, result)).is_err() {
            return;
        }
    }
}

impl<Out: Send + 'static> Iterator for InOrder<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<thread::Result<Out>> {
        let (_, result) = self.finished.as_ref()?.recv().ok()?;
        let _ = self.permits.as_ref()?.send(());
        Some(result)
    }
}

impl<Out> Drop for InOrder<Out> {
    fn drop(&mut self) {
        drop(self.finished.take());
        drop(self.permits.take());
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
