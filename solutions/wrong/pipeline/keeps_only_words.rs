//! Mistake: `run` hands out a panic with a text as it is, and makes a text of its own for any other.
//! Rejected by: stretch::a_panic_that_is_no_text_comes_out_as_it_is
//! Learner sees: parse panicked with the number 404, but run returned something else

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
        work: impl FnMut(T) -> Out + Send + 'static,
    ) -> Pipeline<Out> {
        let Self {
            items,
            room,
            mut threads,
        } = self;
        let made = Pipeline::new(items.into_iter().map(work), room);
        threads.extend(made.threads);
        Pipeline { threads, ..made }
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
        ends.into_iter().collect::<thread::Result<()>>().map_err(
            |e| -> Box<dyn std::any::Any + Send> {
                match e.downcast::<&'static str>() {
                    Ok(t) => t,
                    Err(_) => Box::new("a panic"),
                }
            },
        )
    }
}
