//! Mistake: the word that the shipper has hung up is an atomic beside the lock, and a writer looks at it before it takes the lock: a line written just then stays in the ring.
//! Rejected by: pattern::a_hang_up_in_the_middle_of_writing_leaves_no_line_behind
//! Learner sees: with DropOldest, the shipper hung up in the middle of the writing, and of the lines that nobody will take … are still there

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    Wait,
    DropOldest,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T> {
    pub line: T,
    pub lost_before: usize,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HungUp<T>(pub T);
#[derive(Debug)]
pub struct Writer<T>(Arc<Log<T>>);
#[derive(Debug)]
pub struct Shipper<T>(Arc<Log<T>>);

#[derive(Debug)]
struct Log<T> {
    shipper: std::sync::atomic::AtomicBool,
    room: usize,
    when_full: WhenFull,
    state: Mutex<State<T>>,
    came: Condvar,
    went: Condvar,
}

#[derive(Debug)]
struct State<T> {
    lines: VecDeque<T>,
    lost: usize,
    writers: usize,
    written: usize,
    taken: usize,
}

impl<T> Log<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait<'a, T>(on: &Condvar, state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
    on.wait(state).unwrap_or_else(PoisonError::into_inner)
}
pub fn log<T>(room: usize, when_full: WhenFull) -> (Writer<T>, Shipper<T>) {
    assert!(
        room > 0 || when_full == WhenFull::Wait,
        "a ring without room would drop every line"
    );
    let log = Arc::new(Log {
        shipper: std::sync::atomic::AtomicBool::new(true),
        room,
        when_full,
        state: Mutex::new(State {
            lines: VecDeque::new(),
            lost: 0,
            writers: 1,
            written: 0,
            taken: 0,
        }),
        came: Condvar::new(),
        went: Condvar::new(),
    });
    (Writer(Arc::clone(&log)), Shipper(log))
}

impl<T> Writer<T> {
    pub fn write(&self, line: T) -> Result<(), HungUp<T>> {
        match self.0.when_full {
            WhenFull::DropOldest => self.push(line),
            WhenFull::Wait => self.wait(line),
        }
    }

    fn push(&self, line: T) -> Result<(), HungUp<T>> {
        if !self.0.shipper.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(HungUp(line));
        }
        let mut state = self.0.lock();
        let mut oldest = None;
        if state.lines.len() == self.0.room {
            oldest = state.lines.pop_front();
            state.lost += 1;
        }
        state.lines.push_back(line);
        self.0.came.notify_one();
        drop(state);
        drop(oldest);
        Ok(())
    }

    fn wait(&self, line: T) -> Result<(), HungUp<T>> {
        let mut state = self.0.lock();
        // Without room there is a place for the one line that is being handed over.
        while self.0.shipper.load(std::sync::atomic::Ordering::SeqCst)
            && state.lines.len() >= self.0.room.max(1)
        {
            state = wait(&self.0.went, state);
        }
        if !self.0.shipper.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(HungUp(line));
        }
        state.lines.push_back(line);
        state.written += 1;
        let mine = state.written;
        self.0.came.notify_one();
        if self.0.room == 0 {
            while self.0.shipper.load(std::sync::atomic::Ordering::SeqCst) && state.taken < mine {
                state = wait(&self.0.went, state);
            }
            if state.taken < mine {
                return Err(HungUp(state.lines.pop_back().expect("nobody took it")));
            }
        }
        Ok(())
    }
    pub fn close(self) {}
}

impl<T> Clone for Writer<T> {
    fn clone(&self) -> Self {
        self.0.lock().writers += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Writer<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.writers -= 1;
        if state.writers == 0 {
            self.0.came.notify_one();
        }
    }
}

impl<T> Shipper<T> {
    pub fn take(&mut self) -> Option<Entry<T>> {
        let mut state = self.0.lock();
        loop {
            if let Some(line) = state.lines.pop_front() {
                state.taken += 1;
                self.0.went.notify_all();
                return Some(Entry {
                    line,
                    lost_before: mem::take(&mut state.lost),
                });
            }
            if state.writers == 0 {
                return None;
            }
            state = wait(&self.0.came, state);
        }
    }
}

impl<T> Drop for Shipper<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        self.0
            .shipper
            .store(false, std::sync::atomic::Ordering::SeqCst);
        let mut left = VecDeque::new();
        if self.0.room > 0 {
            left = mem::take(&mut state.lines);
        }
        self.0.went.notify_all();
        drop(state);
        drop(left);
    }
}
