//! # Ordered results
//!
//! A batch is easy: each result carries the number of its segment, and in the end they are sorted.
//! A stream has no end to sort at, so its order is laid down at the beginning.
//!
//! *Where is the order kept?* In a queue of tickets. A worker that takes a segment from the source
//! first puts a ticket into the queue: the receiving end of a channel for one result. The tickets
//! stand in the order of the segments, whichever worker fills them, and whenever.
//!
//! *What bounds the window?* The queue has room for all of the window but one ticket, and `next` holds
//! that one. A worker draws its ticket before it asks the source, so a segment that has
//! no place in the window is never made.
//!
//! *How does a segment that panics leave no hole?* Its ticket is filled with the panic. A ticket that
//! no worker can fill any more, because its other end is gone, is the end of the stream.

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// Transcodes a batch: all `segments` on `workers` threads, and returns what became of them in the
/// order of the segments.
///
/// # Panics
/// If `workers` is zero, or if `transcode` panics: with that panic.
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
            // In a separate statement: the lock is held to take a segment, not to work on it.
            let next = segments
                .lock()
                .expect("no worker panics with the lock held")
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
            // The scope itself would say no more than that a thread has panicked.
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

/// Where a worker leaves what became of its segment, and where `next` finds it.
type Fill<Out> = SyncSender<thread::Result<Out>>;
type Ticket<Out> = Receiver<thread::Result<Out>>;

/// A stream of segments that are transcoded on several threads and come out in their order.
///
/// Dropping it hangs up, and waits for the segments that are worked on.
#[derive(Debug)]
pub struct InOrder<Out> {
    /// A ticket for each segment, in their order. `None` only while the stream is being dropped.
    tickets: Option<Receiver<Ticket<Out>>>,
    workers: Vec<JoinHandle<()>>,
}

/// What the workers take turns at. The worker that has it is the one that reads.
struct Intake<Source, Out> {
    source: Source,
    tickets: SyncSender<Ticket<Out>>,
}

impl<Out: Send + 'static> InOrder<Out> {
    /// Transcodes what `source` makes on `workers` threads, with at most `window` segments under way.
    ///
    /// # Panics
    /// If `workers` or `window` is zero: nothing would ever come out.
    pub fn new<In: Send + 'static>(
        source: impl Iterator<Item = In> + Send + 'static,
        workers: usize,
        window: usize,
        transcode: impl Fn(In) -> Out + Send + Sync + 'static,
    ) -> Self {
        assert!(workers > 0, "without workers nothing is ever transcoded");
        let room = window
            .checked_sub(1)
            .expect("without a window nothing is ever read");
        let (sender, tickets) = mpsc::sync_channel(room);
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
                        // The player may have left, and that is no error.
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

/// The next segment, and where to leave its result; `None` if there is none, or the stream is gone.
///
/// A worker in here, waiting for room or for the source, holds the lock. The workers that wait at the
/// lock have nothing to do: there is no segment to be had.
fn take<Source: Iterator, Out>(
    intake: &Mutex<Option<Intake<Source, Out>>>,
) -> Option<(Source::Item, Fill<Out>)> {
    let mut intake = intake.lock().unwrap_or_else(PoisonError::into_inner);
    let next = intake.as_mut()?.next();
    if next.is_none() {
        // No worker reads from here on, and with the only sender the queue of tickets ends too.
        *intake = None;
    }
    next
}

impl<Source: Iterator, Out> Intake<Source, Out> {
    fn next(&mut self) -> Option<(Source::Item, Fill<Out>)> {
        // Room for the result, so that a worker never waits to be rid of it.
        let (fill, ticket) = mpsc::sync_channel(1);
        // First the place in the window, then the segment. Fails when the player has left.
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

    /// Waits for the next segment in order, and returns what became of it.
    fn next(&mut self) -> Option<thread::Result<Out>> {
        let ticket = self.tickets.as_ref()?.recv().ok()?;
        // A ticket that is never filled was drawn for a segment that did not come.
        ticket.recv().ok()
    }
}

impl<Out> Drop for InOrder<Out> {
    fn drop(&mut self) {
        // Hang up before waiting: the next ticket finds no receiver, and the worker that drew it ends.
        drop(self.tickets.take());
        for worker in self.workers.drain(..) {
            // A worker catches the panics of its segments; if one went down all the same, it is down.
            let _ = worker.join();
        }
    }
}
