//! Design: the ring is crossbeam's `ArrayQueue`, whose `force_push` hands out the oldest; the shipper parks. What was lost goes along with the line that took its place.
//! Crates: crossbeam-queue = "0.3"

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SendError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Thread};

use crossbeam_queue::ArrayQueue;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    Wait,
    DropOldest,
}

pub enum Writer<T> {
    Queue(SyncSender<T>),
    Ring(Arc<LastWriter<T>>),
}

pub enum Shipper<T> {
    Queue(Receiver<T>),
    Ring(RingShipper<T>),
}

pub struct RingShipper<T> {
    ring: Arc<Ring<T>>,
    next: usize,
}

/// Dropped with the last writer.
pub struct LastWriter<T>(Arc<Ring<T>>);

struct Ring<T> {
    lines: ArrayQueue<(usize, T)>,
    /// The next line's number; `None` when the shipper has hung up. One writer at a time.
    next: Mutex<Option<usize>>,
    over: AtomicBool,
    /// Who takes, once it has begun to.
    shipper: Mutex<Option<Thread>>,
}

pub struct Entry<T> {
    pub line: T,
    pub lost_before: usize,
}

#[derive(Debug)]
pub struct HungUp<T>(pub T);

pub fn log<T>(room: usize, when_full: WhenFull) -> (Writer<T>, Shipper<T>) {
    if when_full == WhenFull::Wait {
        let (lines, queue) = mpsc::sync_channel(room);
        return (Writer::Queue(lines), Shipper::Queue(queue));
    }
    // `ArrayQueue` refuses a capacity of zero.
    let ring = Arc::new(Ring {
        lines: ArrayQueue::new(room),
        next: Mutex::new(Some(0)),
        over: AtomicBool::new(false),
        shipper: Mutex::new(None),
    });
    let writer = Arc::new(LastWriter(Arc::clone(&ring)));
    (
        Writer::Ring(writer),
        Shipper::Ring(RingShipper { ring, next: 0 }),
    )
}

impl<T> Ring<T> {
    fn wake(&self) {
        let shipper = self.shipper.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shipper) = &*shipper {
            shipper.unpark();
        }
    }

    fn write(&self, line: T) -> Result<(), HungUp<T>> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(number) = &mut *next else {
            return Err(HungUp(line));
        };
        let oldest = self.lines.force_push((*number, line));
        *number += 1;
        drop(next);
        drop(oldest);
        self.wake();
        Ok(())
    }
}

impl<T> Writer<T> {
    pub fn write(&self, line: T) -> Result<(), HungUp<T>> {
        match self {
            Self::Queue(lines) => lines.send(line).map_err(|SendError(line)| HungUp(line)),
            Self::Ring(last) => last.0.write(line),
        }
    }

    pub fn close(self) {}
}

impl<T> Clone for Writer<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Queue(lines) => Self::Queue(lines.clone()),
            Self::Ring(last) => Self::Ring(Arc::clone(last)),
        }
    }
}

impl<T> Drop for LastWriter<T> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::SeqCst);
        self.0.wake();
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
            Self::Ring(shipper) => shipper.take(),
        }
    }
}

impl<T> RingShipper<T> {
    fn take(&mut self) -> Option<Entry<T>> {
        *self
            .ring
            .shipper
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(thread::current());
        loop {
            // Read first: what was written before the end is then in the ring.
            let over = self.ring.over.load(Ordering::SeqCst);
            if let Some((number, line)) = self.ring.lines.pop() {
                let lost_before = number - self.next;
                self.next = number + 1;
                return Some(Entry { line, lost_before });
            }
            if over {
                return None;
            }
            thread::park();
        }
    }
}

impl<T> Drop for RingShipper<T> {
    fn drop(&mut self) {
        *self
            .ring
            .next
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
        while self.ring.lines.pop().is_some() {}
    }
}
