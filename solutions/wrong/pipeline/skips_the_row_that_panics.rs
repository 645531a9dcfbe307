//! Mistake: a panicking row is left out, and the stage goes on.
//! Rejected by: pattern::a_panic_in_a_stage_is_an_error_and_what_had_passed_arrives
//! Learner sees: enrich panicked, but run returned Ok

use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
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
        let (sender, items) = mpsc::sync_channel(room);
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
        let (sender, made) = mpsc::sync_channel(room);
        threads.push(thread::spawn(move || {
            for item in items {
                let made = panic::catch_unwind(AssertUnwindSafe(|| work(item)));
                if let Ok(made) = made
                    && sender.send(made).is_err()
                {
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
