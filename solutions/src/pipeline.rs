//! # Pipeline
//!
//! A queue has two ends, and each end tells its owner when to stop. That is the whole machinery.
//!
//! *The input ends?* The source drops its sender. The first stage empties its queue, then its loop
//! ends, which drops its own sender; and so the end travels downstream.
//!
//! *The sink has had enough?* It drops its receiver. The last stage's next `send` fails, so it
//! returns, which drops its own receiver; and so the hang-up travels upstream.
//!
//! *A stage panics?* Unwinding drops both its ends: to the left it is a hang-up, to the right the
//! end of the input. Only the panic itself has to be asked for, and `join` hands it out.

use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

/// A source and stages that all work at the same time, a thread each.
#[derive(Debug)]
pub struct Pipeline<T> {
    /// The queue that the next part takes its items from. It is all that a stage needs to know of
    /// the one before it.
    items: Receiver<T>,
    room: usize,
    /// The source's thread, then the stages', in order.
    threads: Vec<JoinHandle<()>>,
}

impl<T: Send + 'static> Pipeline<T> {
    /// A pipeline without stages, fed by `source` on a thread of its own.
    ///
    /// In each queue at most `room` items wait.
    pub fn new(source: impl Iterator<Item = T> + Send + 'static, room: usize) -> Self {
        let (sender, items) = mpsc::sync_channel(room);
        let thread = thread::spawn(move || {
            for item in source {
                if sender.send(item).is_err() {
                    return; // the next part is gone
                }
            }
        });
        Self {
            items,
            room,
            threads: vec![thread],
        }
    }

    /// Appends a stage: a thread that takes the items in order, and hands on what `work` makes of
    /// each.
    #[must_use = "a pipeline does nothing for anybody until it runs"]
    pub fn stage<Out: Send + 'static>(
        self,
        work: impl FnMut(T) -> Out + Send + 'static,
    ) -> Pipeline<Out> {
        let Self {
            items,
            room,
            mut threads,
        } = self;
        // A stage is a source too: its items are what it makes of the items before it.
        let made = Pipeline::new(items.into_iter().map(work), room);
        threads.extend(made.threads);
        Pipeline { threads, ..made }
    }

    /// Hands the items to `sink`, on the calling thread, until there are no more or `sink` breaks.
    ///
    /// # Errors
    /// If the source or a stage panics: the panic, as [`thread::JoinHandle::join`] hands it out.
    pub fn run(self, mut sink: impl FnMut(T) -> ControlFlow<()>) -> thread::Result<()> {
        for item in &self.items {
            if sink(item).is_break() {
                break;
            }
        }
        // Hang up before waiting: a thread that is waited for must first be able to end.
        drop(self.items);
        // All are joined before the first panic is looked at.
        let ends: Vec<thread::Result<()>> =
            self.threads.into_iter().map(JoinHandle::join).collect();
        ends.into_iter().collect()
    }
}
