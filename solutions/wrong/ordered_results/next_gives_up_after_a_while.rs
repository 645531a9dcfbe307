//! Mistake: `next` takes a segment that is slow to come for the end of the film: `recv_timeout`.
//! Rejected by: pattern::a_slow_source_is_waited_for
//! Learner sees: 6 segments, counted from 0, went in, and the stream came out as …

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
            // A statement of its own: the lock is held to take a segment, not to work on it.
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
fn take<Source: Iterator, Out>(
    intake: &Mutex<Option<Intake<Source, Out>>>,
) -> Option<(Source::Item, Fill<Out>)> {
    let mut intake = intake.lock().unwrap_or_else(PoisonError::into_inner);
    let next = intake.as_mut()?.next();
    if next.is_none() {
        // Nobody reads from here on, and with the only sender the queue of tickets ends too.
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
    fn next(&mut self) -> Option<thread::Result<Out>> {
        let ticket = self.tickets.as_ref()?.recv().ok()?;
        // A ticket that nobody fills was drawn for a segment that did not come.
        ticket
            .recv_timeout(std::time::Duration::from_millis(300))
            .ok()
    }
}

impl<Out> Drop for InOrder<Out> {
    fn drop(&mut self) {
        // Hang up before waiting: the next ticket finds nobody, and the worker who drew it ends.
        drop(self.tickets.take());
        for worker in self.workers.drain(..) {
            // A worker catches the panics of its segments; if one went down all the same, it is down.
            let _ = worker.join();
        }
    }
}
