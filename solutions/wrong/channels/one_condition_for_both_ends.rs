//! Mistake: writers and shipper wait at one condition variable, and `notify_one` wakes a writer when the shipper was meant.
//! Rejected by: stretch::under_pressure_no_line_is_lost_without_being_counted
//! Learner sees: of 1000 lines, some never came, or the end did not: did somebody miss a wake-up?

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Condvar, Mutex};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    Wait,
    DropOldest,
}

pub struct Entry<T> {
    pub line: T,
    pub lost_before: usize,
}

#[derive(Debug)]
pub struct HungUp<T>(pub T);

pub struct Writer<T>(Arc<Buffer<T>>);

pub struct Shipper<T>(Arc<Buffer<T>>);

pub struct Buffer<T> {
    room: usize,
    when_full: WhenFull,
    state: Mutex<State<T>>,
    changed: Condvar,
}

pub struct State<T> {
    lines: VecDeque<T>,
    lost: usize,
    written: usize,
    taken: usize,
    writers: usize,
    hung_up: bool,
}

pub fn log<T>(room: usize, when_full: WhenFull) -> (Writer<T>, Shipper<T>) {
    assert!(
        room > 0 || when_full == WhenFull::Wait,
        "a ring without room would drop every line"
    );
    let buffer = Arc::new(Buffer {
        room,
        when_full,
        state: Mutex::new(State {
            lines: VecDeque::new(),
            lost: 0,
            written: 0,
            taken: 0,
            writers: 1,
            hung_up: false,
        }),
        changed: Condvar::new(),
    });
    (Writer(Arc::clone(&buffer)), Shipper(buffer))
}

impl<T> Writer<T> {
    pub fn write(&self, line: T) -> Result<(), HungUp<T>> {
        let Self(buffer) = self;
        let mut state = buffer.state.lock().unwrap();
        if buffer.when_full == WhenFull::Wait {
            state = buffer
                .changed
                .wait_while(state, |state| {
                    !state.hung_up && state.lines.len() >= buffer.room.max(1)
                })
                .unwrap();
        } else if state.lines.len() == buffer.room && !state.hung_up {
            state.lines.pop_front();
            state.lost += 1;
        }
        if state.hung_up {
            return Err(HungUp(line));
        }
        state.lines.push_back(line);
        state.written += 1;
        let own = state.written;
        buffer.changed.notify_one();
        if buffer.room == 0 {
            // Until it has been taken.
            state = buffer
                .changed
                .wait_while(state, |state| !state.hung_up && state.taken < own)
                .unwrap();
            if state.taken < own {
                let line = state.lines.pop_front().expect("it was not taken");
                return Err(HungUp(line));
            }
        }
        Ok(())
    }

    pub fn close(self) {}
}

impl<T> Drop for Writer<T> {
    fn drop(&mut self) {
        let Self(buffer) = self;
        buffer.state.lock().unwrap().writers -= 1;
        buffer.changed.notify_all();
    }
}

impl<T> Clone for Writer<T> {
    fn clone(&self) -> Self {
        let Self(buffer) = self;
        buffer.state.lock().unwrap().writers += 1;
        Self(Arc::clone(buffer))
    }
}

impl<T> Shipper<T> {
    pub fn take(&mut self) -> Option<Entry<T>> {
        let Self(buffer) = self;
        let state = buffer.state.lock().unwrap();
        let mut state = buffer
            .changed
            .wait_while(state, |state| state.lines.is_empty() && state.writers > 0)
            .unwrap();
        let line = state.lines.pop_front()?;
        state.taken += 1;
        buffer.changed.notify_one();
        Some(Entry {
            line,
            lost_before: mem::take(&mut state.lost),
        })
    }
}

impl<T> Drop for Shipper<T> {
    fn drop(&mut self) {
        let Self(buffer) = self;
        let mut state = buffer.state.lock().unwrap();
        state.hung_up = true;
        if buffer.room > 0 {
            state.lines.clear();
        }
        buffer.changed.notify_all();
    }
}
