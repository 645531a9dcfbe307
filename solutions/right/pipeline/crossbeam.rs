//! Design: nothing starts before `run`: each part is a closure that is told where to send its items. The channels are crossbeam's.
//! Crates: crossbeam-channel = "0.5"

use std::ops::ControlFlow;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Sender, bounded};

type Start<T> = Box<dyn FnOnce(Sender<T>) -> Vec<JoinHandle<()>> + Send>;

pub struct Pipeline<T> {
    start: Start<T>,
    room: usize,
}

impl<T: Send + 'static> Pipeline<T> {
    pub fn new(source: impl Iterator<Item = T> + Send + 'static, room: usize) -> Self {
        let start = move |out: Sender<T>| {
            let mut source = source;
            // `all` stops at the first item that nobody takes.
            let feed = move || drop(source.all(|item| out.send(item).is_ok()));
            vec![thread::spawn(feed)]
        };
        Self {
            start: Box::new(start),
            room,
        }
    }

    #[must_use]
    pub fn stage<Out: Send + 'static>(
        self,
        mut work: impl FnMut(T) -> Out + Send + 'static,
    ) -> Pipeline<Out> {
        let Self { start, room } = self;
        let start = move |out: Sender<Out>| {
            let (sender, items) = bounded(room);
            let mut threads = start(sender);
            threads.push(thread::spawn(move || {
                let mut items = items.into_iter();
                let _ = items.all(|item| out.send(work(item)).is_ok());
            }));
            threads
        };
        Pipeline {
            start: Box::new(start),
            room,
        }
    }

    pub fn run(self, sink: impl FnMut(T) -> ControlFlow<()>) -> thread::Result<()> {
        let (sender, items) = bounded(self.room);
        let threads = (self.start)(sender);
        // The iterator owns the receiver: when it is over, the sink has hung up.
        let _ = items.into_iter().try_for_each(sink);
        let ends: Vec<thread::Result<()>> = threads.into_iter().map(JoinHandle::join).collect();
        ends.into_iter().collect()
    }
}
