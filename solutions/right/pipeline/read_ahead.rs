//! Design: an iterator that reads ahead on a thread of its own. A stage is `map`; a panic travels on through the iterators that read from it.

use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

#[derive(Debug)]
pub struct Pipeline<T> {
    items: ReadAhead<T>,
    room: usize,
}

/// Takes its items from another iterator, on a thread that it owns and joins.
#[derive(Debug)]
struct ReadAhead<T> {
    /// `None` once it has hung up.
    items: Option<Receiver<T>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> ReadAhead<T> {
    fn of(source: impl Iterator<Item = T> + Send + 'static, room: usize) -> Self {
        let (sender, items) = mpsc::sync_channel(room);
        let thread = thread::spawn(move || {
            for item in source {
                if sender.send(item).is_err() {
                    return;
                }
            }
        });
        Self {
            items: Some(items),
            thread: Some(thread),
        }
    }
}

impl<T> Iterator for ReadAhead<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if let Ok(item) = self.items.as_ref()?.recv() {
            return Some(item);
        }
        // The thread has ended. If it panicked, whoever reads from it does so too.
        let ended = self.thread.take()?.join();
        ended.unwrap_or_else(|panic| panic::resume_unwind(panic));
        None
    }
}

impl<T> Drop for ReadAhead<T> {
    fn drop(&mut self) {
        // First hang up, then wait: the thread drops the iterator before it, which does the same.
        drop(self.items.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl<T: Send + 'static> Pipeline<T> {
    pub fn new(source: impl Iterator<Item = T> + Send + 'static, room: usize) -> Self {
        Self {
            items: ReadAhead::of(source, room),
            room,
        }
    }

    #[must_use]
    pub fn stage<Out: Send + 'static>(
        self,
        work: impl FnMut(T) -> Out + Send + 'static,
    ) -> Pipeline<Out> {
        let Self { items, room } = self;
        Pipeline {
            items: ReadAhead::of(items.map(work), room),
            room,
        }
    }

    pub fn run(self, mut sink: impl FnMut(T) -> ControlFlow<()>) -> thread::Result<()> {
        let mut items = self.items;
        loop {
            // Only the reading is caught: a panic of the sink is the caller's own.
            match panic::catch_unwind(AssertUnwindSafe(|| items.next()))? {
                Some(item) => {
                    if sink(item).is_break() {
                        return Ok(());
                    }
                }
                None => return Ok(()),
            }
        }
    }
}
