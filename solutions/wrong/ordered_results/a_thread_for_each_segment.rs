//! Mistake: each segment of the batch gets a thread of its own, and permits keep them from being more than `workers` at once.
//! Rejected by: pattern::thirty_segments_of_a_batch_share_three_threads
//! Learner sees: 30 segments of a batch were transcoded on 30 threads, but there are 3 workers

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
    let (begin, end) = mpsc::sync_channel(workers);
    let end = Mutex::new(end);
    let (transcode, end) = (&transcode, &end);
    let one = move |segment| {
        let result = panic::catch_unwind(AssertUnwindSafe(|| transcode(segment)));
        let end = end.lock().expect("nobody panics with the lock held");
        end.recv().expect("this thread's own permit is in it");
        result
    };
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for segment in segments {
            begin.send(()).expect("the receiver outlives the scope");
            threads.push(scope.spawn(move || one(segment)));
        }
        let results = threads.into_iter().map(|thread| {
            let result = thread.join().expect("it catches its panic");
            result.unwrap_or_else(|panic| panic::resume_unwind(panic))
        });
        results.collect()
    })
}

type Finished<Out> = (usize, thread::Result<Out>);

#[derive(Debug)]
pub struct InOrder<Out> {
    finished: Option<Receiver<Finished<Out>>>,
    early: BTreeMap<usize, thread::Result<Out>>,
    turn: usize,
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
            early: BTreeMap::new(),
            turn: 0,
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
        loop {
            if let Some(result) = self.early.remove(&self.turn) {
                self.turn += 1;
                let _ = self.permits.as_ref()?.send(());
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
        drop(self.permits.take());
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
