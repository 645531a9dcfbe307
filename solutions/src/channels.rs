//! # Channels
//!
//! A queue with a bound has to answer four questions.
//!
//! *What if it is full?* To wait is what a bounded channel does: [`WhenFull::Wait`] is std's
//! `sync_channel` and nothing else. To drop the oldest is what no channel of std can do, because
//! only its one receiver takes from it. So a ring is a `VecDeque` under a lock, and a channel
//! does for it what locks cannot: wait. That channel has room for one, and carries nothing but the
//! news that there is something to take. It is a bell.
//!
//! *When does it end?* When its last sender is dropped, and the bell is a channel too. So there is
//! nothing to count, and `close` has nothing to do but take `self`.
//!
//! *What if the shipper is gone?* A channel hands the value back. The ring is an `Option`, and
//! the shipper takes it along when it goes: a writer that comes later finds `None`.
//!
//! *What was lost?* A ring drops at its front, so what is missing is always missing right before the
//! next line. One number is enough, and the next line takes it along.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, SendError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What happens to a line for which there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// Its writer waits until there is room. No line is lost.
    Wait,
    /// Its writer never waits. The oldest line in the buffer is dropped, and this one comes in.
    DropOldest,
}

/// Writes lines. The log ends when its last writer is gone.
#[derive(Debug)]
pub struct Writer<T> {
    to: WayIn<T>,
}

#[derive(Debug)]
enum WayIn<T> {
    Queue(SyncSender<T>),
    Ring { ring: Ring<T>, bell: SyncSender<()> },
}

/// Ships lines. When it is dropped, it has hung up.
#[derive(Debug)]
pub struct Shipper<T> {
    from: WayOut<T>,
}

#[derive(Debug)]
enum WayOut<T> {
    Queue(Receiver<T>),
    Ring { ring: Ring<T>, bell: Receiver<()> },
}

/// `None` when the shipper has hung up.
type Ring<T> = Arc<Mutex<Option<Kept<T>>>>;

/// What a ring keeps.
#[derive(Debug)]
struct Kept<T> {
    room: usize,
    lines: VecDeque<T>,
    /// How many are missing before the first of the lines.
    lost: usize,
}

/// A line that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T> {
    /// The line.
    pub line: T,
    /// How many lines were dropped since the one that was taken before it.
    pub lost_before: usize,
}

/// A line that came back, since the shipper has hung up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HungUp<T>(pub T);

/// A log with room for `room` lines: the end that writes, and the end that ships.
///
/// # Panics
/// If `room` is 0 and `when_full` is [`WhenFull::DropOldest`]: nothing that is written would ever
/// arrive.
pub fn log<T>(room: usize, when_full: WhenFull) -> (Writer<T>, Shipper<T>) {
    let (to, from) = match when_full {
        WhenFull::Wait => {
            let (lines, queue) = mpsc::sync_channel(room);
            (WayIn::Queue(lines), WayOut::Queue(queue))
        }
        WhenFull::DropOldest => {
            assert!(room > 0, "a ring without room would drop every line");
            let ring = Arc::new(Mutex::new(Some(Kept {
                room,
                lines: VecDeque::with_capacity(room),
                lost: 0,
            })));
            let (pull, bell) = mpsc::sync_channel(1);
            let to = WayIn::Ring {
                ring: Arc::clone(&ring),
                bell: pull,
            };
            (to, WayOut::Ring { ring, bell })
        }
    };
    (Writer { to }, Shipper { from })
}

impl<T> Writer<T> {
    /// Writes a line. If there is no room for it, what happens is up to [`WhenFull`].
    ///
    /// # Errors
    /// Hands the line back if the shipper has hung up.
    pub fn write(&self, line: T) -> Result<(), HungUp<T>> {
        match &self.to {
            WayIn::Queue(lines) => lines.send(line).map_err(|SendError(line)| HungUp(line)),
            WayIn::Ring { ring, bell } => {
                let oldest = match &mut *lock(ring) {
                    None => return Err(HungUp(line)),
                    Some(kept) => kept.push(line),
                };
                // Not under the lock: a line may run any code when it is dropped.
                drop(oldest);
                // Full? Then it rings already, and the shipper is going to look. Without a shipper,
                // the line has gone with it.
                let _ = bell.try_send(());
                Ok(())
            }
        }
    }

    /// Ends the writing through this writer; other writers go on.
    ///
    /// That it takes `self` is all: the sender is dropped here, and the caller has it no more.
    pub fn close(self) {}
}

impl<T> Clone for Writer<T> {
    // Not derived: that would ask for lines that can be cloned.
    fn clone(&self) -> Self {
        let to = match &self.to {
            WayIn::Queue(lines) => WayIn::Queue(lines.clone()),
            WayIn::Ring { ring, bell } => WayIn::Ring {
                ring: Arc::clone(ring),
                bell: bell.clone(),
            },
        };
        Self { to }
    }
}

impl<T> Shipper<T> {
    /// Takes the oldest line, and waits while there is none.
    ///
    /// When the last writer is gone, the lines that it left come first, then `None`.
    pub fn take(&mut self) -> Option<Entry<T>> {
        match &self.from {
            WayOut::Queue(lines) => {
                let line = lines.recv().ok()?;
                Some(Entry {
                    line,
                    lost_before: 0,
                })
            }
            WayOut::Ring { ring, bell } => loop {
                let next = lock(ring).as_mut().and_then(Kept::pop);
                if next.is_some() {
                    return next;
                }
                // Asleep without the lock, or no writer could write. Each line is there before the bell
                // rings: when it is silent for good, there was nothing more to be found.
                bell.recv().ok()?;
            },
        }
    }
}

impl<T> Drop for Shipper<T> {
    fn drop(&mut self) {
        // A channel hangs up by itself when its receiver goes. The ring is shared with the writers,
        // and would stay as long as they do.
        if let WayOut::Ring { ring, .. } = &self.from {
            let kept = lock(ring).take();
            drop(kept);
        }
    }
}

impl<T> Kept<T> {
    /// Takes the line in, and hands out the one that had to go for it.
    fn push(&mut self, line: T) -> Option<T> {
        let mut oldest = None;
        if self.lines.len() == self.room {
            oldest = self.lines.pop_front();
            self.lost += 1;
        }
        self.lines.push_back(line);
        oldest
    }

    fn pop(&mut self) -> Option<Entry<T>> {
        let line = self.lines.pop_front()?;
        Some(Entry {
            line,
            lost_before: std::mem::take(&mut self.lost),
        })
    }
}

fn lock<T>(ring: &Ring<T>) -> MutexGuard<'_, Option<Kept<T>>> {
    // Nothing that can panic runs under the lock.
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}
