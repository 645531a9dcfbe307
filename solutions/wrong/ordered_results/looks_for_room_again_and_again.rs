//! Mistake: whoever asks the source tries for a permit again and again until there is one, and keeps a core busy with it.
//! Rejected by: pattern::whoever_waits_sleeps
//! Learner sees: the window is full, and whoever asks the source stays awake to look for one more

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

pub fn transcode_all<In: Send, Out: Send>(
    segments: Vec<In>,
    workers: usize,
    transcode: impl Fn(In) -> Out + Sync,
) -> Vec<Out> {
    assert!(workers > 0, "without workers nothing is ever transcoded");
    let next = AtomicUsize::new(0);
    let segments: Vec<Mutex<Option<In>>> = segments
        .into_iter()
        .map(|segment| Mutex::new(Some(segment)))
        .collect();
    let results: Vec<Mutex<Option<Out>>> = segments.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(segment) = segments.get(index) else {
                return;
            };
            let segment = segment.lock().expect("each is locked once").take();
            let result = transcode(segment.expect("no number is drawn twice"));
            *results[index].lock().expect("each is locked once") = Some(result);
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            if let Err(panic) = thread.join() {
                panic::resume_unwind(panic);
            }
        }
    });
    results
        .into_iter()
        .map(|slot| {
            let result = slot.into_inner().expect("nobody panicked");
            result.expect("each number was drawn")
        })
        .collect()
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
        loop {
            match permits.try_recv() {
                Ok(()) => break,
                Err(TryRecvError::Empty) => thread::yield_now(),
                Err(TryRecvError::Disconnected) => return,
            }
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
