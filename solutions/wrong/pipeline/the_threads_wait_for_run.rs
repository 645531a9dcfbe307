//! Mistake: each thread sleeps until `run` wakes it, and a pipeline that is dropped without being run wakes none.
//! Rejected by: pattern::a_pipeline_that_never_runs_leaves_nothing_behind
//! Learner sees: the pipeline was dropped without being run, but its source, stages or rows are still there

use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

#[derive(Debug)]
pub struct Pipeline<T> {
    items: Receiver<T>,
    room: usize,
    threads: Vec<JoinHandle<()>>,
    go: Arc<(Mutex<bool>, Condvar)>,
}

impl<T: Send + 'static> Pipeline<T> {
    pub fn new(source: impl Iterator<Item = T> + Send + 'static, room: usize) -> Self {
        Self::with(source, room, Arc::default())
    }
    fn with(
        source: impl Iterator<Item = T> + Send + 'static,
        room: usize,
        go: Arc<(Mutex<bool>, Condvar)>,
    ) -> Self {
        let g = Arc::clone(&go);
        let (sender, items) = mpsc::sync_channel(room);
        let thread = thread::spawn(move || {
            drop(g.1.wait_while(g.0.lock().unwrap(), |g| !*g).unwrap());
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
            go,
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
            go,
        } = self;
        let made = Pipeline::with(items.into_iter().map(work), room, go);
        threads.extend(made.threads);
        Pipeline { threads, ..made }
    }

    pub fn run(self, mut sink: impl FnMut(T) -> ControlFlow<()>) -> thread::Result<()> {
        *self.go.0.lock().unwrap() = true;
        self.go.1.notify_all();
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
