//! Mistake: a full queue is not waited for: `try_send` throws the item away.
//! Rejected by: pattern::a_stalled_sink_holds_the_source_back
//! Learner sees: the source handed out 8 rows while the sink held the first, but there is room for 7: …

use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, TrySendError};
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
                if let Err(TrySendError::Disconnected(_)) = sender.try_send(work(item)) {
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
