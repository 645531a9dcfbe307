//! Design: a queue made of a mutex and a condition variable, closed by whichever end is dropped first.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

pub struct Pipeline<T> {
    items: Receiver<T>,
    room: usize,
    threads: Vec<JoinHandle<()>>,
}

struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    closed: bool,
}

impl<T> Queue<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing that can panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State<T>>,
        until_not: impl FnMut(&mut State<T>) -> bool,
    ) -> MutexGuard<'a, State<T>> {
        let waited = self.changed.wait_while(state, until_not);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
}

struct Sender<T> {
    queue: Arc<Queue<T>>,
    room: usize,
}

struct Receiver<T> {
    queue: Arc<Queue<T>>,
}

fn bounded<T>(room: usize) -> (Sender<T>, Receiver<T>) {
    let queue = Arc::new(Queue {
        state: Mutex::new(State {
            items: VecDeque::new(),
            closed: false,
        }),
        changed: Condvar::new(),
    });
    let sender = Sender {
        queue: Arc::clone(&queue),
        room,
    };
    (sender, Receiver { queue })
}

impl<T> Sender<T> {
    /// Whether somebody still listens. The item is in line at once, but the sender stays with it
    /// until there is room: so no case of its own is needed for a queue without any.
    fn send(&self, item: T) -> bool {
        let mut state = self.queue.lock();
        if !state.closed {
            state.items.push_back(item);
            self.queue.changed.notify_all();
        }
        let room = self.room;
        let state = self
            .queue
            .wait(state, |state| !state.closed && state.items.len() > room);
        !state.closed
    }
}

impl<T> Iterator for Receiver<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let state = self.queue.lock();
        let mut state = self
            .queue
            .wait(state, |state| !state.closed && state.items.is_empty());
        let item = state.items.pop_front();
        self.queue.changed.notify_all();
        item
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.queue.close();
        let unwanted = std::mem::take(&mut self.queue.lock().items);
        drop(unwanted);
    }
}

impl<T: Send + 'static> Pipeline<T> {
    pub fn new(source: impl Iterator<Item = T> + Send + 'static, room: usize) -> Self {
        let (sender, items) = bounded(room);
        let thread = thread::spawn(move || {
            for item in source {
                if !sender.send(item) {
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

    #[must_use]
    pub fn stage<Out: Send + 'static>(
        self,
        work: impl FnMut(T) -> Out + Send + 'static,
    ) -> Pipeline<Out> {
        let Self {
            items,
            room,
            mut threads,
        } = self;
        let made = Pipeline::new(items.map(work), room);
        threads.extend(made.threads);
        Pipeline { threads, ..made }
    }

    pub fn run(self, mut sink: impl FnMut(T) -> ControlFlow<()>) -> thread::Result<()> {
        let Self { items, threads, .. } = self;
        for item in items {
            if sink(item).is_break() {
                break;
            }
        }
        let ends: Vec<thread::Result<()>> = threads.into_iter().map(JoinHandle::join).collect();
        ends.into_iter().collect()
    }
}
