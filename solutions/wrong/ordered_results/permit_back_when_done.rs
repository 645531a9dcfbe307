//! Mistake: a worker gives the permit back when its segment is done, not when it is out.
//! Rejected by: pattern::a_stalled_segment_holds_the_source_back
//! Learner sees: segment 0 was stalled, and the source made 7 segments, but the window is 6: …

use std::collections::BTreeMap;
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
    early: BTreeMap<usize, thread::Result<Out>>,
    turn: usize,
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
                let (permits, transcode) = (permits.clone(), Arc::clone(&transcode));
                thread::spawn(move || work(&segments, &done, &permits, &*transcode))
            })
            .collect();
        drop(segments);
        threads.push(thread::spawn(move || feed(source, &taken, &queue, &done)));
        Self {
            finished: Some(finished),
            early: BTreeMap::new(),
            turn: 0,
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
    permits: &Sender<()>,
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
        let _ = permits.send(());
    }
}

impl<Out: Send + 'static> Iterator for InOrder<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<thread::Result<Out>> {
        loop {
            if let Some(result) = self.early.remove(&self.turn) {
                self.turn += 1;
                return Some(result);
            }
            let (index, result) = self.finished.as_ref()?.recv().ok()?;
            self.early.insert(index, result);
        }
    }
}

impl<Out> Drop for InOrder<Out> {
    fn drop(&mut self) {
        drop(self.finished.take());
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
