//! Mistake: every queue is a rendezvous, whatever `room` says: nobody ever runs ahead.
//! Rejected by: pattern::the_queues_let_the_source_run_ahead
//! Learner sees: the source handed out 4 rows and waits, though each queue has room for 3

use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

#[derive(Debug)]
pub struct Pipeline<T> {
    items: Receiver<T>,
    room: usize,
    threads: Vec<JoinHandle<()>>,
}

impl<T: Send + 'static> Pipeline<T> {
    pub fn new(source: impl Iterator<Item = T> + Send + 'static, room: usize) -> Self {
        let (sender, items) = mpsc::sync_channel(0);
        let thread = thread::spawn(move || {
            for item in source {
                if sender.send(item).is_err() {
                    return;
                }
            }
        });
        Self {
            items,
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
        } = self;
        let (sender, made) = mpsc::sync_channel(0);
        threads.push(thread::spawn(move || {
            for item in items {
                if sender.send(work(item)).is_err() {
                    return;
                }
            }
        }));
        Pipeline {
            items: made,
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
