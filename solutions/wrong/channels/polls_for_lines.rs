//! Mistake: the shipper looks again and again whether a line has come, and naps in between.
//! Rejected by: pattern::whoever_waits_sleeps
//! Learner sees: the shipper waits for a line, and stays awake to look for it

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, SendError, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

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

pub enum Writer<T> {
    Queue(SyncSender<T>),
    Ring { ring: Ring<T>, bell: SyncSender<()> },
}

pub enum Shipper<T> {
    Queue(Receiver<T>),
    Ring { ring: Ring<T>, bell: Receiver<()> },
}

/// `None` when the shipper has hung up.
type Ring<T> = Arc<Mutex<Option<Kept<T>>>>;

pub struct Kept<T> {
    room: usize,
    lines: VecDeque<T>,
    lost: usize,
}

pub fn log<T>(room: usize, when_full: WhenFull) -> (Writer<T>, Shipper<T>) {
    if when_full == WhenFull::Wait {
        let (lines, queue) = mpsc::sync_channel(room);
        return (Writer::Queue(lines), Shipper::Queue(queue));
    }
    assert!(room > 0, "a ring without room would drop every line");
    let ring = Arc::new(Mutex::new(Some(Kept {
        room,
        lines: VecDeque::new(),
        lost: 0,
    })));
    let (pull, bell) = mpsc::sync_channel(1);
    let writer = Writer::Ring {
        ring: Arc::clone(&ring),
        bell: pull,
    };
    (writer, Shipper::Ring { ring, bell })
}

impl<T> Writer<T> {
    pub fn write(&self, line: T) -> Result<(), HungUp<T>> {
        match self {
            Self::Queue(lines) => lines.send(line).map_err(|SendError(line)| HungUp(line)),
            Self::Ring { ring, bell } => {
                let mut ring = ring.lock().unwrap();
                let Some(kept) = &mut *ring else {
                    return Err(HungUp(line));
                };
                if kept.lines.len() == kept.room {
                    kept.lines.pop_front();
                    kept.lost += 1;
                }
                kept.lines.push_back(line);
                let _ = bell.try_send(());
                Ok(())
            }
        }
    }

    pub fn close(self) {}
}

impl<T> Clone for Writer<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Queue(lines) => Self::Queue(lines.clone()),
            Self::Ring { ring, bell } => Self::Ring {
                ring: Arc::clone(ring),
                bell: bell.clone(),
            },
        }
    }
}

impl<T> Shipper<T> {
    pub fn take(&mut self) -> Option<Entry<T>> {
        match self {
            Self::Queue(lines) => {
                let line = loop {
                    match lines.try_recv() {
                        Ok(line) => break line,
                        Err(TryRecvError::Disconnected) => return None,
                        Err(TryRecvError::Empty) => thread::sleep(Duration::from_millis(1)),
                    }
                };
                Some(Entry {
                    line,
                    lost_before: 0,
                })
            }
            Self::Ring { ring, bell } => loop {
                let next = ring.lock().unwrap().as_mut().and_then(Kept::pop);
                if next.is_some() {
                    return next;
                }
                bell.recv().ok()?;
            },
        }
    }
}

impl<T> Drop for Shipper<T> {
    fn drop(&mut self) {
        if let Self::Ring { ring, .. } = self {
            ring.lock().unwrap().take();
        }
    }
}

impl<T> Kept<T> {
    fn pop(&mut self) -> Option<Entry<T>> {
        let line = self.lines.pop_front()?;
        Some(Entry {
            line,
            lost_before: std::mem::take(&mut self.lost),
        })
    }
}
