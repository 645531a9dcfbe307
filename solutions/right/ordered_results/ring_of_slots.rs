//! Design: a ring of slots under one mutex with two condition variables; slot `n % window` is segment n's. The batch gives each worker the slot along with the segment.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

pub fn transcode_all<In: Send, Out: Send>(
    segments: Vec<In>,
    workers: usize,
    transcode: impl Fn(In) -> Out + Sync,
) -> Vec<Out> {
    assert!(workers > 0, "without workers nothing is ever transcoded");
    let mut results: Vec<Option<Out>> = segments.iter().map(|_| None).collect();
    // Whoever takes a segment has its slot to himself: nothing to lock, nothing to sort.
    let jobs = Mutex::new(segments.into_iter().zip(results.iter_mut()));
    let work = || {
        loop {
            let next = jobs
                .lock()
                .expect("nobody panics with the lock held")
                .next();
            let Some((segment, slot)) = next else {
                return;
            };
            *slot = Some(transcode(segment));
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
        .map(|result| result.expect("each segment was taken, and nobody panicked"))
        .collect()
}

#[derive(Debug)]
pub struct InOrder<Out> {
    ring: Arc<Ring<Out>>,
    workers: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Ring<Out> {
    state: Mutex<State<Out>>,
    /// A slot was filled, or the end is known.
    filled: Condvar,
    /// A slot was emptied, or the player has left.
    emptied: Condvar,
}

#[derive(Debug)]
struct State<Out> {
    slots: Vec<Option<thread::Result<Out>>>,
    /// The next to come out.
    head: usize,
    /// The next to be read.
    tail: usize,
    ended: bool,
}

impl<Out> Ring<Out> {
    fn lock(&self) -> MutexGuard<'_, State<Out>> {
        self.state.lock().expect("nobody panics with the lock held")
    }

    /// Waits for a place, and says which; `None` when nothing is to be read any more.
    fn reserve(&self) -> Option<usize> {
        let mut state = self
            .emptied
            .wait_while(self.lock(), |state| {
                !state.ended && state.tail - state.head == state.slots.len()
            })
            .expect("nobody panics with the lock held");
        if state.ended {
            return None;
        }
        state.tail += 1;
        Some(state.tail - 1)
    }

    fn fill(&self, index: usize, result: thread::Result<Out>) {
        let mut state = self.lock();
        let slot = index % state.slots.len();
        state.slots[slot] = Some(result);
        self.filled.notify_one();
    }

    /// From `tail` on there is nothing.
    fn end(&self, tail: Option<usize>) {
        let mut state = self.lock();
        state.ended = true;
        state.tail = tail.unwrap_or(state.tail);
        self.filled.notify_one();
        self.emptied.notify_all();
    }
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
        let ring = Arc::new(Ring {
            state: Mutex::new(State {
                slots: (0..window).map(|_| None).collect(),
                head: 0,
                tail: 0,
                ended: false,
            }),
            filled: Condvar::new(),
            emptied: Condvar::new(),
        });
        let source = Arc::new(Mutex::new(source));
        let transcode = Arc::new(transcode);
        let workers = (0..workers)
            .map(|_| {
                let (ring, source) = (Arc::clone(&ring), Arc::clone(&source));
                let transcode = Arc::clone(&transcode);
                thread::spawn(move || {
                    while let Some((index, segment)) = read(&ring, &source) {
                        let result = panic::catch_unwind(AssertUnwindSafe(|| transcode(segment)));
                        ring.fill(index, result);
                    }
                })
            })
            .collect();
        Self { ring, workers }
    }
}

fn read<Source: Iterator, Out>(
    ring: &Ring<Out>,
    source: &Mutex<Source>,
) -> Option<(usize, Source::Item)> {
    // Held from the place to the segment, so that they have the same number.
    let mut source = source.lock().expect("the source's panics are caught");
    let index = ring.reserve()?;
    match panic::catch_unwind(AssertUnwindSafe(|| source.next())) {
        Ok(Some(segment)) => Some((index, segment)),
        Ok(None) => {
            ring.end(Some(index));
            None
        }
        Err(panic) => {
            ring.fill(index, Err(panic));
            ring.end(None);
            None
        }
    }
}

impl<Out: Send + 'static> Iterator for InOrder<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<thread::Result<Out>> {
        let mut state = self
            .ring
            .filled
            .wait_while(self.ring.lock(), |state| {
                let head = state.head % state.slots.len();
                state.slots[head].is_none() && !(state.ended && state.head == state.tail)
            })
            .expect("nobody panics with the lock held");
        let head = state.head % state.slots.len();
        let result = state.slots[head].take()?;
        state.head += 1;
        self.ring.emptied.notify_one();
        Some(result)
    }
}

impl<Out> Drop for InOrder<Out> {
    fn drop(&mut self) {
        self.ring.end(None);
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}
