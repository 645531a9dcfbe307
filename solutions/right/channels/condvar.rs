//! Design: both ways in one queue, under a lock with two condition variables. Two lines say what to do when it is full.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    Wait,
    DropOldest,
}

/// All clones share one end, and the last of them drops it: so nobody has to count writers.
pub struct Writer<T> {
    end: Arc<WritingEnd<T>>,
}

struct WritingEnd<T>(Arc<Buffer<T>>);

pub struct Shipper<T> {
    buffer: Arc<Buffer<T>>,
}

pub struct Entry<T> {
    pub line: T,
    pub lost_before: usize,
}

#[derive(Debug)]
pub struct HungUp<T>(pub T);

struct Buffer<T> {
    room: usize,
    when_full: WhenFull,
    state: Mutex<State<T>>,
    /// A line came, or the last writer went.
    came: Condvar,
    /// There is room, or the shipper went.
    left: Condvar,
}

struct State<T> {
    lines: VecDeque<T>,
    lost: usize,
    /// The shipper waits with an empty hand: room for one more.
    hand_is_empty: bool,
    written_out: bool,
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
            hand_is_empty: false,
            written_out: false,
            hung_up: false,
        }),
        came: Condvar::new(),
        left: Condvar::new(),
    });
    let end = Arc::new(WritingEnd(Arc::clone(&buffer)));
    (Writer { end }, Shipper { buffer })
}

impl<T> Buffer<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_full(&self, state: &State<T>) -> bool {
        // Only without room does the shipper's hand count: else it is empty only if the buffer is.
        let hand = usize::from(self.room == 0 && state.hand_is_empty);
        state.lines.len() >= self.room + hand
    }
}

impl<T> Writer<T> {
    pub fn write(&self, line: T) -> Result<(), HungUp<T>> {
        let buffer = &self.end.0;
        let mut state = buffer.lock();
        let mut oldest = None;
        if buffer.when_full == WhenFull::Wait {
            let full = |state: &mut State<T>| !state.hung_up && buffer.is_full(state);
            let waited = buffer.left.wait_while(state, full);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        } else if buffer.is_full(&state) {
            oldest = state.lines.pop_front();
            state.lost += 1;
        }
        if state.hung_up {
            return Err(HungUp(line));
        }
        state.lines.push_back(line);
        drop(state);
        drop(oldest);
        buffer.came.notify_one();
        Ok(())
    }

    pub fn close(self) {}
}

impl<T> Clone for Writer<T> {
    fn clone(&self) -> Self {
        let end = Arc::clone(&self.end);
        Self { end }
    }
}

impl<T> Drop for WritingEnd<T> {
    fn drop(&mut self) {
        self.0.lock().written_out = true;
        self.0.came.notify_one();
    }
}

impl<T> Shipper<T> {
    pub fn take(&mut self) -> Option<Entry<T>> {
        let mut state = self.buffer.lock();
        state.hand_is_empty = true;
        self.buffer.left.notify_one();
        let nothing = |state: &mut State<T>| state.lines.is_empty() && !state.written_out;
        let waited = self.buffer.came.wait_while(state, nothing);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.hand_is_empty = false;
        let line = state.lines.pop_front()?;
        self.buffer.left.notify_one();
        Some(Entry {
            line,
            lost_before: std::mem::take(&mut state.lost),
        })
    }
}

impl<T> Drop for Shipper<T> {
    fn drop(&mut self) {
        let mut state = self.buffer.lock();
        state.hung_up = true;
        let unwanted = std::mem::take(&mut state.lines);
        drop(state);
        drop(unwanted);
        self.buffer.left.notify_all();
    }
}
