//! Mistake: a writer into a full ring drops the oldest line in one step and sends its own in a second one, which waits for room: another writer may have taken the place.
//! Rejected by: pattern::writers_that_meet_at_a_full_ring_never_wait
//! Learner sees: 3 writers met at a full ring, and write never returned to one of them, but a ring makes nobody wait

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
    shipper: bool,
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
        room,
        when_full,
        state: Mutex::new(State {
            lines: VecDeque::new(),
            lost: 0,
            writers: 1,
            shipper: true,
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
        let mut state = self.0.lock();
        if !state.shipper {
            return Err(HungUp(line));
        }
        let mut oldest = None;
        if state.lines.len() == self.0.room {
            oldest = state.lines.pop_front();
            state.lost += 1;
        }
        drop(state);
        drop(oldest);
        self.wait(line)
    }

    fn wait(&self, line: T) -> Result<(), HungUp<T>> {
        let mut state = self.0.lock();
        // Without room there is a place for the one line that is being handed over.
        while state.shipper && state.lines.len() >= self.0.room.max(1) {
            state = wait(&self.0.went, state);
        }
        if !state.shipper {
            return Err(HungUp(line));
        }
        state.lines.push_back(line);
        state.written += 1;
        let mine = state.written;
        self.0.came.notify_one();
        if self.0.room == 0 {
            while state.shipper && state.taken < mine {
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
        state.shipper = false;
        let mut left = VecDeque::new();
        if self.0.room > 0 {
            left = mem::take(&mut state.lines);
        }
        self.0.went.notify_all();
        drop(state);
        drop(left);
    }
}
