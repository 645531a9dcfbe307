//! # Channels
//!
//! A server writes lines into its log, and a log shipper sends them to another machine. At times the
//! network is slow. Build the buffer between the two, with a bound, and with two answers to the
//! question of what happens when it is full.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! The chapter is `src/channels.md`; check your work with
//!
//! ```text
//! cargo test -p exercises --test channels
//! ```

use std::marker::PhantomData;

/// What happens to a line for which there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// Its writer waits until there is room. No line is lost.
    Wait,
    /// Its writer never waits. The oldest line in the buffer is dropped, and this one comes in.
    DropOldest,
}

/// A log with room for `room` lines: the end that writes, and the end that ships.
///
/// The memory for all of `room` may be taken at once.
///
/// **Stretch:** With [`WhenFull::Wait`], `room` may be 0. Then a line goes from hand to hand: `write`
/// returns once the shipper has taken this very line, and sleeps until then.
///
/// # Panics
/// If `room` is 0 and `when_full` is [`WhenFull::DropOldest`]: nothing that is written would ever
/// arrive.
pub fn log<T>(room: usize, when_full: WhenFull) -> (Writer<T>, Shipper<T>) {
    todo!("log({room}, {when_full:?})")
}

/// Writes lines. A clone writes into the same log; the writers may be on any threads.
///
/// The log ends when its last writer is gone, whether closed or dropped.
#[derive(Debug)]
pub struct Writer<T> {
    // What must go away with the last writer, so that the shipper learns of it?
    lines: PhantomData<T>,
}

/// Ships lines. There is one of it, and it may be moved to another thread.
///
/// When the shipper is dropped, it has hung up. Each line that comes afterwards is handed back, and so
/// is each that waits for room just then. The lines that it has not taken are dropped: a ring drops
/// them with the shipper, a log whose writers wait may do so with the last writer. (Libraries differ
/// in this.)
#[derive(Debug)]
pub struct Shipper<T> {
    lines: PhantomData<T>,
}

/// A line that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T> {
    /// The line.
    pub line: T,
    /// How many lines were dropped since the one that was taken before it. Each counts once.
    pub lost_before: usize,
}

/// A line that came back, because the shipper has hung up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HungUp<T>(pub T);

impl<T> Writer<T> {
    /// Writes a line. If there is no room for it, what happens is up to [`WhenFull`].
    ///
    /// While it waits for room, it sleeps.
    ///
    /// A line that is dropped to make room is dropped at once: a buffer never holds more lines than it
    /// has room for.
    ///
    /// # Errors
    /// Hands the line back if the shipper has hung up.
    pub fn write(&self, line: T) -> Result<(), HungUp<T>> {
        let _ = line;
        todo!("Writer::write")
    }

    /// Ends the writing through this writer; other writers go on. It never waits.
    ///
    /// To write through a writer that was closed is a mistake. The compiler should find it, and as
    /// shipped it does not.
    pub fn close(&self) {
        todo!("Writer::close")
    }
}

impl<T> Clone for Writer<T> {
    fn clone(&self) -> Self {
        todo!("Writer::clone")
    }
}

impl<T> Shipper<T> {
    /// Takes the oldest line, and waits while there is none, asleep.
    ///
    /// When the last writer is gone, the lines that it left come first. Then there is `None`, however
    /// often it is asked for.
    ///
    /// The lines of one writer keep their order.
    pub fn take(&mut self) -> Option<Entry<T>> {
        todo!("Shipper::take")
    }
}
