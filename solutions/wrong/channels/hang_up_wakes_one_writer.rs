//! Mistake: the hang-up is announced with `notify_one`, and several writers wait for room.
//! Rejected by: pattern::writers_that_wait_get_their_lines_back_at_the_hang_up
//! Learner sees: the shipper hung up, but of 2 writers that waited for room only 1 went on

use std::collections::VecDeque;
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

pub struct Writer<T> {
    log: Arc<Log<T>>,
}

pub struct Shipper<T> {
    log: Arc<Log<T>>,
}

struct Log<T> {
    room: usize,
    when_full: WhenFull,
    state: Mutex<State<T>>,
    came: Condvar,
    left: Condvar,
}

struct State<T> {
    lines: VecDeque<T>,
    lost: usize,
    writers: usize,
    hung_up: bool,
    /// Without room, a line needs a hand that is empty.
    hands: usize,
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
            hung_up: false,
            hands: 0,
        }),
        came: Condvar::new(),
        left: Condvar::new(),
    });
    let writer = Writer {
        log: Arc::clone(&log),
    };
    (writer, Shipper { log })
}

impl<T> Writer<T> {
    pub fn write(&self, line: T) -> Result<(), HungUp<T>> {
        let log = &*self.log;
        let mut state = log.state.lock().unwrap();
        let full = |state: &State<T>| {
            state.lines.len() >= log.room + if log.room == 0 { state.hands } else { 0 }
        };
        match log.when_full {
            WhenFull::Wait => {
                let waits = |state: &mut State<T>| !state.hung_up && full(state);
                state = log.left.wait_while(state, waits).unwrap();
            }
            WhenFull::DropOldest if full(&state) => {
                state.lines.pop_front();
                state.lost += 1;
            }
            WhenFull::DropOldest => {}
        }
        if state.hung_up {
            return Err(HungUp(line));
        }
        state.lines.push_back(line);
        log.came.notify_one();
        Ok(())
    }

    pub fn close(self) {}
}

impl<T> Clone for Writer<T> {
    fn clone(&self) -> Self {
        self.log.state.lock().unwrap().writers += 1;
        let log = Arc::clone(&self.log);
        Self { log }
    }
}

impl<T> Drop for Writer<T> {
    fn drop(&mut self) {
        self.log.state.lock().unwrap().writers -= 1;
        self.log.came.notify_one();
    }
}

impl<T> Shipper<T> {
    pub fn take(&mut self) -> Option<Entry<T>> {
        let log = &*self.log;
        let mut state = log.state.lock().unwrap();
        state.hands = 1;
        log.left.notify_one();
        let nothing = |state: &mut State<T>| state.lines.is_empty() && state.writers > 0;
        state = log.came.wait_while(state, nothing).unwrap();
        state.hands = 0;
        let line = state.lines.pop_front()?;
        log.left.notify_one();
        Some(Entry {
            line,
            lost_before: std::mem::take(&mut state.lost),
        })
    }
}

impl<T> Drop for Shipper<T> {
    fn drop(&mut self) {
        let mut state = self.log.state.lock().unwrap();
        state.hung_up = true;
        state.lines.clear();
        self.log.left.notify_one();
    }
}
