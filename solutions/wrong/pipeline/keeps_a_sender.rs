//! Mistake: the pipeline keeps a sender of each queue, so that no queue ever closes.
//! Rejected by: core::every_row_comes_out_in_order
//! Learner sees: run never returned, though the source has no more than 20 rows

use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

#[derive(Debug)]
pub struct Pipeline<T> {
    items: Receiver<T>,
    sender: SyncSender<T>,
    room: usize,
    threads: Vec<JoinHandle<()>>,
}

impl<T: Send + 'static> Pipeline<T> {
    pub fn new(source: impl Iterator<Item = T> + Send + 'static, room: usize) -> Self {
        let (sender, items) = mpsc::sync_channel(room);
        let kept = sender.clone();
        let thread = thread::spawn(move || {
            for item in source {
                if sender.send(item).is_err() {
                    return;
                }
            }
        });
        Self {
            items,
            sender: kept,
            room,
            threads: vec![thread],
        }
    }

    #[must_use = "a pipeline does nothing for anybody until it runs"]
    pub fn stage<Out: Send + 'static>(
        self,
        mut work: impl FnMut(T) -> Out + Send + 'static,
    ) -> Pipeline<Out> {
        let Self {
            items,
            room,
            mut threads,
            sender: _,
        } = self;
        let (sender, made) = mpsc::sync_channel(room);
        let kept = sender.clone();
        threads.push(thread::spawn(move || {
            for item in items {
                if sender.send(work(item)).is_err() {
                    return;
                }
            }
        }));
        Pipeline {
            items: made,
            sender: kept,
            room,
            threads,
        }
    }

    pub fn run(self, mut sink: impl FnMut(T) -> ControlFlow<()>) -> thread::Result<()> {
        for item in &self.items {
            if sink(item).is_break() {
                break;
            }
        }
        drop(self.items);
        let ends: Vec<thread::Result<()>> =
            self.threads.into_iter().map(JoinHandle::join).collect();
        ends.into_iter().collect()
    }
}
