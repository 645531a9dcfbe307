//! Mistake: the line that came in when another was dropped says so, instead of the one that follows the gap.
//! Rejected by: pattern::lost_lines_are_counted_where_they_are_missing
//! Learner sees: as line and how many are lost before it, [(3, 3), (4, 0), (6, 1), (8, 1), (9, 0), (10, 0)] should arrive, but these did: …

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, SendError, SyncSender};
use std::sync::{Arc, Mutex};

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
    lines: VecDeque<Entry<T>>,
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
                let mut lost_before = 0;
                if kept.lines.len() == kept.room {
                    let oldest = kept.lines.pop_front();
                    lost_before = 1 + oldest.map_or(0, |oldest| oldest.lost_before);
                }
                kept.lines.push_back(Entry { line, lost_before });
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
                let line = lines.recv().ok()?;
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
        self.lines.pop_front()
    }
}
