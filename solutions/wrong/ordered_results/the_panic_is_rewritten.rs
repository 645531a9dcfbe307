//! Mistake: the batch panics with words of its own, and the payload is lost.
//! Rejected by: stretch::the_panic_of_a_batch_itself_is_the_callers
//! Learner sees: segment 2 panicked with "no key frame", but None came out of transcode_all

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
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
            .flat_map(|thread| thread.join().expect("a worker does not panic"))
            .collect()
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

type Fill<Out> = SyncSender<thread::Result<Out>>;
type Ticket<Out> = Receiver<thread::Result<Out>>;

#[derive(Debug)]
pub struct InOrder<Out> {
    tickets: Option<Receiver<Ticket<Out>>>,
    workers: Vec<JoinHandle<()>>,
}

struct Intake<Source, Out> {
    source: Source,
    tickets: SyncSender<Ticket<Out>>,
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
        let (sender, tickets) = mpsc::sync_channel(window - 1);
        let intake = Arc::new(Mutex::new(Some(Intake {
            source,
            tickets: sender,
        })));
        let transcode = Arc::new(transcode);
        let workers = (0..workers)
            .map(|_| {
                let (intake, transcode) = (Arc::clone(&intake), Arc::clone(&transcode));
                thread::spawn(move || {
                    while let Some((segment, fill)) = take(&intake) {
                        let result = panic::catch_unwind(AssertUnwindSafe(|| transcode(segment)));
                        let _ = fill.send(result);
                    }
                })
            })
            .collect();
        Self {
            tickets: Some(tickets),
            workers,
        }
    }
}

fn take<Source: Iterator, Out>(
    intake: &Mutex<Option<Intake<Source, Out>>>,
) -> Option<(Source::Item, Fill<Out>)> {
    let mut intake = intake.lock().unwrap_or_else(PoisonError::into_inner);
    let next = intake.as_mut()?.next();
    if next.is_none() {
        *intake = None;
    }
    next
}

impl<Source: Iterator, Out> Intake<Source, Out> {
    fn next(&mut self) -> Option<(Source::Item, Fill<Out>)> {
        let (fill, ticket) = mpsc::sync_channel(1);
        self.tickets.send(ticket).ok()?;
        match panic::catch_unwind(AssertUnwindSafe(|| self.source.next())) {
            Ok(segment) => Some((segment?, fill)),
            Err(panic) => {
                let _ = fill.send(Err(panic));
                None
            }
        }
    }
}

impl<Out: Send + 'static> Iterator for InOrder<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<thread::Result<Out>> {
        let ticket = self.tickets.as_ref()?.recv().ok();
        let result = ticket.and_then(|ticket| ticket.recv().ok());
        if result.is_none() {
            self.tickets = None;
        }
        result
    }
}

impl<Out> Drop for InOrder<Out> {
    fn drop(&mut self) {
        drop(self.tickets.take());
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}
