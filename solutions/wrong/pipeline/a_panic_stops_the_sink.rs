//! Mistake: a flag tells the sink that a part has panicked, and the rows that had passed that part are thrown away.
//! Rejected by: pattern::a_panic_in_a_stage_is_an_error_and_what_had_passed_arrives
//! Learner sees: 3 rows should be written in order, but these were: …

use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use std::thread::{self, JoinHandle};

#[derive(Debug)]
pub struct Pipeline<T> {
    items: Receiver<T>,
    room: usize,
    threads: Vec<JoinHandle<()>>,
    bad: Arc<AtomicBool>,
}

impl<T: Send + 'static> Pipeline<T> {
    pub fn new(source: impl Iterator<Item = T> + Send + 'static, room: usize) -> Self {
        Self::with(source, room, Arc::default())
    }
    fn with(
        source: impl Iterator<Item = T> + Send + 'static,
        room: usize,
        bad: Arc<AtomicBool>,
    ) -> Self {
        let flag = Arc::clone(&bad);
        let (sender, items) = mpsc::sync_channel(room);
        let thread = thread::spawn(move || {
            struct F(Arc<AtomicBool>);
            impl Drop for F {
                fn drop(&mut self) {
                    if thread::panicking() {
                        self.0.store(true, Ordering::SeqCst);
                    }
                }
            }
            let _f = F(flag);
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
            bad,
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
            bad,
        } = self;
        let made = Pipeline::with(items.into_iter().map(work), room, bad);
        threads.extend(made.threads);
        Pipeline { threads, ..made }
    }

    pub fn run(self, mut sink: impl FnMut(T) -> ControlFlow<()>) -> thread::Result<()> {
        for item in &self.items {
            if self.bad.load(Ordering::SeqCst) {
                break;
            }
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
