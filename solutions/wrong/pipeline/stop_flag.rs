//! Mistake: a flag says stop, and the receivers live on: whoever waits at a full queue never looks at it.
//! Rejected by: pattern::a_sink_that_hangs_up_ends_the_source
//! Learner sees: the sink hung up after row 0, but run never returned

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

#[derive(Debug)]
pub struct Pipeline<T> {
    items: Arc<Mutex<Receiver<T>>>,
    stop: Arc<AtomicBool>,
    room: usize,
    threads: Vec<JoinHandle<()>>,
}

impl<T: Send + 'static> Pipeline<T> {
    pub fn new(source: impl Iterator<Item = T> + Send + 'static, room: usize) -> Self {
        let (sender, items) = mpsc::sync_channel(room);
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            for item in source {
                if flag.load(Ordering::SeqCst) {
                    return;
                }
                if sender.send(item).is_err() {
                    return;
                }
            }
        });
        Self {
            items: Arc::new(Mutex::new(items)),
            stop,
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
            stop,
        } = self;
        let (sender, made) = mpsc::sync_channel(room);
        let flag = Arc::clone(&stop);
        threads.push(thread::spawn(move || {
            loop {
                let next = items.lock().unwrap().recv();
                let Ok(item) = next else { return };
                if flag.load(Ordering::SeqCst) {
                    return;
                }
                if sender.send(work(item)).is_err() {
                    return;
                }
            }
        }));
        Pipeline {
            items: Arc::new(Mutex::new(made)),
            stop,
            room,
            threads,
        }
    }

    pub fn run(self, mut sink: impl FnMut(T) -> ControlFlow<()>) -> thread::Result<()> {
        while let Ok(item) = { self.items.lock().unwrap().recv() } {
            if sink(item).is_break() {
                self.stop.store(true, Ordering::SeqCst);
                break;
            }
        }
        let ends: Vec<thread::Result<()>> =
            self.threads.into_iter().map(JoinHandle::join).collect();
        ends.into_iter().collect()
    }
}
