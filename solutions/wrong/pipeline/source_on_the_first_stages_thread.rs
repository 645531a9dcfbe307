//! Mistake: the source has no thread of its own: the first stage pulls its items itself.
//! Rejected by: core::source_stages_and_sink_work_at_once
//! Learner sees: only 3 of source, parse, enrich and write worked at once

use std::ops::ControlFlow;
use std::sync::mpsc::{self};
use std::thread::{self, JoinHandle};

pub struct Pipeline<T> {
    items: Box<dyn Iterator<Item = T> + Send>,
    room: usize,
    threads: Vec<JoinHandle<()>>,
}

impl<T: Send + 'static> Pipeline<T> {
    pub fn new(source: impl Iterator<Item = T> + Send + 'static, room: usize) -> Self {
        Self {
            items: Box::new(source),
            room,
            threads: Vec::new(),
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
        let (sender, made) = mpsc::sync_channel(room);
        threads.push(thread::spawn(move || {
            for item in items {
                if sender.send(work(item)).is_err() {
                    return;
                }
            }
        }));
        Pipeline {
            items: Box::new(made.into_iter()),
            room,
            threads,
        }
    }

    pub fn run(self, mut sink: impl FnMut(T) -> ControlFlow<()>) -> thread::Result<()> {
        for item in self.items {
            if sink(item).is_break() {
                break;
            }
        }
        let ends: Vec<thread::Result<()>> =
            self.threads.into_iter().map(JoinHandle::join).collect();
        ends.into_iter().collect()
    }
}
