//! Design: a channel of crossbeam's has many receivers, so a ring's writers take the oldest line out themselves. Lines are numbered, and a gap in the numbers is a loss.
//! Crates: crossbeam-channel = "0.5"

use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, SendError, Sender, TrySendError, bounded};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    Wait,
    DropOldest,
}

pub struct Writer<T> {
    lines: Sender<(usize, T)>,
    /// Only a ring's.
    ring: Option<Arc<Ring<T>>>,
}

struct Ring<T> {
    /// The number of the next line, and the way to the oldest while the shipper listens.
    state: Mutex<(usize, Option<Receiver<(usize, T)>>)>,
}

pub struct Shipper<T> {
    lines: Receiver<(usize, T)>,
    ring: Option<Arc<Ring<T>>>,
    next: usize,
}

pub struct Entry<T> {
    pub line: T,
    pub lost_before: usize,
}

#[derive(Debug)]
pub struct HungUp<T>(pub T);

pub fn log<T>(room: usize, when_full: WhenFull) -> (Writer<T>, Shipper<T>) {
    let (sender, receiver) = bounded(room);
    let ring = (when_full == WhenFull::DropOldest).then(|| {
        assert!(room > 0, "a ring without room would drop every line");
        let state = Mutex::new((0, Some(receiver.clone())));
        Arc::new(Ring { state })
    });
    let writer = Writer {
        lines: sender,
        ring: ring.clone(),
    };
    let shipper = Shipper {
        lines: receiver,
        ring,
        next: 0,
    };
    (writer, shipper)
}

impl<T> Writer<T> {
    pub fn write(&self, line: T) -> Result<(), HungUp<T>> {
        let Some(ring) = &self.ring else {
            let sent = self.lines.send((0, line));
            return sent.map_err(|SendError((_, line))| HungUp(line));
        };
        let mut state = ring.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, Some(oldest)) = &mut *state else {
            return Err(HungUp(line));
        };
        let mut numbered = (*next, line);
        *next += 1;
        // No other writer is here, and the shipper only makes room.
        while let Err(TrySendError::Full(back)) = self.lines.try_send(numbered) {
            numbered = back;
            drop(oldest.try_recv());
        }
        Ok(())
    }

    pub fn close(self) {}
}

impl<T> Clone for Writer<T> {
    fn clone(&self) -> Self {
        Self {
            lines: self.lines.clone(),
            ring: self.ring.clone(),
        }
    }
}

impl<T> Shipper<T> {
    pub fn take(&mut self) -> Option<Entry<T>> {
        let (number, line) = self.lines.recv().ok()?;
        let lost_before = number.saturating_sub(self.next);
        self.next = number + 1;
        if self.ring.is_none() {
            self.next = 0; // there they have no numbers
        }
        Some(Entry { line, lost_before })
    }
}

impl<T> Drop for Shipper<T> {
    fn drop(&mut self) {
        if let Some(ring) = &self.ring {
            // The writers' receiver keeps the channel open: it goes first, then what is in there.
            let mut state = ring.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.1 = None;
            drop(state);
            while self.lines.try_recv().is_ok() {}
        }
    }
}
