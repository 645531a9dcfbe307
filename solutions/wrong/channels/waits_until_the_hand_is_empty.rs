//! Mistake: without room, a writer waits until there is no line in the hand, and takes another writer's line for its own.
//! Rejected by: stretch::without_room_each_writer_waits_for_its_own_line
//! Learner sees: of 4 writers without room, … had their lines taken, but only … came back from write

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
    left: Condvar,
    came: Condvar,
}

pub struct State<T> {
    lines: VecDeque<T>,
    lost: usize,
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
            writers: 1,
            hung_up: false,
        }),
        left: Condvar::new(),
        came: Condvar::new(),
    });
    (Writer(Arc::clone(&buffer)), Shipper(buffer))
}

impl<T> Writer<T> {
    pub fn write(&self, line: T) -> Result<(), HungUp<T>> {
        let Self(buffer) = self;
        let mut state = buffer.state.lock().unwrap();
        if buffer.when_full == WhenFull::Wait {
            state = buffer
                .left
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
        buffer.came.notify_one();
        if buffer.room == 0 {
            // Until it has been taken.
            state = buffer
                .left
                .wait_while(state, |state| !state.hung_up && !state.lines.is_empty())
                .unwrap();
            if let Some(line) = state.lines.pop_front() {
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
        buffer.came.notify_one();
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
            .came
            .wait_while(state, |state| state.lines.is_empty() && state.writers > 0)
            .unwrap();
        let line = state.lines.pop_front()?;
        buffer.left.notify_all();
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
        buffer.left.notify_all();
    }
}
