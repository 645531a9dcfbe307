//! Real threads in a line, each with a virtual clock of its own, for pictures that come out the
//! same on every machine.
//!
//! Work moves a thread's clock on. What is handed over brings its time along: nobody can take it
//! before it was sent, or send it before there was room. No thread has to know what time it is
//! elsewhere, but for one thing: whether the receiver had hung up by then. A sender waits, in real
//! time, until the receiver has got so far that this is certain. The same goes for whoever must not
//! wait in virtual time: a sender that tries needs to know what has been taken by then, and the
//! receiver of a ring what has been sent.

use std::sync::mpsc::{self, RecvError, SendError, TrySendError};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use crate::timeline::{HandOver, Lane, Outcome, Span, Timeline, Unit, Wait};

/// A line of threads that are joined by channels, one sender and one receiver each.
///
/// ```
/// use std::thread;
///
/// use instruments::simulation::line::Line;
///
/// static LINE: Line = Line::new();
///
/// let (sender, items) = LINE.sync_channel(1);
/// let source = thread::spawn(move || {
///     for n in 0..3 {
///         LINE.work("source", &format!("item {n}"), 10);
///         sender.send(n).expect("the sink takes all");
///     }
/// });
/// for n in items {
///     LINE.work("sink", &format!("item {n}"), 20);
/// }
/// source.join().expect("it does not panic");
/// assert_eq!(LINE.picture("").end(), 70);
/// ```
#[derive(Debug, Default)]
pub struct Line {
    tape: Mutex<Tape>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Tape {
    threads: Vec<Thread>,
    channels: Vec<Channel>,
    spans: Vec<(String, Span)>,
    /// From thread to thread.
    hand_overs: Vec<HandOver>,
}

#[derive(Debug)]
struct Thread {
    id: ThreadId,
    now: u64,
    /// The lane of its first work: there its waits are drawn.
    lane: Option<String>,
    waits: Vec<Wait>,
}

/// What has passed through a channel, and when.
#[derive(Debug, Default)]
struct Channel {
    /// By which thread, and at what time.
    entered: Vec<(usize, u64)>,
    taken: Vec<u64>,
    /// The thread that receives, once it has begun to, and whether it is at it.
    receiver: Option<(usize, bool)>,
    hung_up: Option<u64>,
    /// The sender is gone.
    closed: bool,
}

/// The sending end of a channel that takes virtual time.
#[derive(Debug)]
pub struct SyncSender<T> {
    line: &'static Line,
    channel: usize,
    room: Option<usize>,
    queue: mpsc::Sender<T>,
}

/// The receiving end of a channel that takes virtual time.
#[derive(Debug)]
pub struct Receiver<T> {
    line: &'static Line,
    channel: usize,
    /// How many a ring keeps.
    keeps: Option<usize>,
    queue: mpsc::Receiver<T>,
}

/// The sending end of a ring that takes virtual time.
#[derive(Debug)]
pub struct RingSender<T>(SyncSender<T>);

impl Line {
    /// A line on which nothing has happened.
    pub const fn new() -> Self {
        Self {
            tape: Mutex::new(Tape {
                threads: Vec::new(),
                channels: Vec::new(),
                spans: Vec::new(),
                hand_overs: Vec::new(),
            }),
            moved: Condvar::new(),
        }
    }

    /// Works on `item` for `milliseconds` of the calling thread's time, and draws it on `lane`.
    pub fn work(&self, lane: &str, item: &str, milliseconds: u64) {
        let mut tape = self.tape();
        let thread = tape.this_thread();
        let thread = &mut tape.threads[thread];
        let start = thread.now;
        thread.now += milliseconds;
        thread.lane.get_or_insert_with(|| lane.to_owned());
        let span = Span {
            label: item.to_owned(),
            start,
            end: Some(thread.now),
            outcome: Outcome::Done,
            broken_rule: None,
        };
        tape.spans.push((lane.to_owned(), span));
        self.moved.notify_all();
    }

    /// A channel like std's, with room for so many items.
    pub fn sync_channel<T>(&'static self, room: usize) -> (SyncSender<T>, Receiver<T>) {
        self.open(Some(room), None)
    }

    /// A channel like std's, without a bound.
    pub fn channel<T>(&'static self) -> (SyncSender<T>, Receiver<T>) {
        self.open(None, None)
    }

    /// A channel that drops its oldest item when there is no room for another. What is sent at the
    /// moment when the receiver takes an item comes before that.
    ///
    /// # Panics
    /// If `room` is 0.
    pub fn ring<T>(&'static self, room: usize) -> (RingSender<T>, Receiver<T>) {
        assert!(room > 0, "a ring without room would drop every item");
        let (sender, receiver) = self.open(None, Some(room));
        (RingSender(sender), receiver)
    }

    fn open<T>(
        &'static self,
        room: Option<usize>,
        keeps: Option<usize>,
    ) -> (SyncSender<T>, Receiver<T>) {
        let mut tape = self.tape();
        tape.channels.push(Channel::default());
        let channel = tape.channels.len() - 1;
        let (sender, receiver) = mpsc::channel();
        let sender = SyncSender {
            line: self,
            channel,
            room,
            queue: sender,
        };
        let receiver = Receiver {
            line: self,
            channel,
            keeps,
            queue: receiver,
        };
        (sender, receiver)
    }

    /// The picture of what has happened, a lane for each that was worked on, and below them how many
    /// items were under way. Call it when all threads have ended; the line is then as new.
    pub fn picture(&self, proves: &str) -> Timeline {
        let mut picture = std::mem::take(&mut *self.tape()).picture(proves);
        picture.level = Some(picture.under_way(None));
        picture
    }

    fn tape(&self) -> MutexGuard<'_, Tape> {
        self.tape.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, in real time, until the tape says what is asked of it.
    fn ask<'a, A>(
        &self,
        mut tape: MutexGuard<'a, Tape>,
        question: impl Fn(&Tape) -> Option<A>,
    ) -> (MutexGuard<'a, Tape>, A) {
        loop {
            if let Some(answer) = question(&tape) {
                return (tape, answer);
            }
            tape = self
                .moved
                .wait(tape)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<T> SyncSender<T> {
    /// Sends `item`, waiting while the channel is full.
    ///
    /// # Errors
    /// Hands the item back if the receiver has hung up by then.
    pub fn send(&self, item: T) -> Result<(), SendError<T>> {
        let line = self.line;
        let mut tape = line.tape();
        let thread = tape.this_thread();
        let now = tape.threads[thread].now;
        let index = tape.channels[self.channel].entered.len();
        // The item whose place this one takes. In a channel without room, that is the item itself.
        let before = self.room.and_then(|room| index.checked_sub(room));
        let waits_for = before.filter(|before| *before < index);
        let (tape, place) = line.ask(tape, |tape| tape.channels[self.channel].place(waits_for));
        let (mut tape, fate) = line.ask(tape, |tape| tape.fate(self.channel, now, place));
        let at = match fate {
            Fate::Enters(at) => at,
            Fate::HungUp(at) => {
                tape.wait_until(thread, at, "queue full");
                return Err(SendError(item));
            }
        };
        tape.wait_until(thread, at, "queue full");
        tape.channels[self.channel].entered.push((thread, at));
        // If the receiver hangs up later, what it has not taken is lost, as in any queue.
        let _ = self.queue.send(item);
        line.moved.notify_all();
        if self.room == Some(0) {
            let taken = |tape: &Tape| tape.channels[self.channel].place(Some(index));
            if let (mut tape, Place::FreeAt(taken)) = line.ask(tape, taken) {
                tape.wait_until(thread, taken, "nobody takes it");
            }
        }
        Ok(())
    }

    /// Sends `item` if there is room.
    ///
    /// # Errors
    /// Hands the item back if the channel is full or the receiver has hung up.
    ///
    /// # Panics
    /// If the channel has no room at all: it would have to know whether somebody is about to take.
    pub fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        assert!(self.room != Some(0), "a line cannot try without room");
        let line = self.line;
        let mut tape = line.tape();
        let thread = tape.this_thread();
        let now = tape.threads[thread].now;
        let at_once = Place::FreeAt(0);
        let (mut tape, fate) = line.ask(tape, |tape| tape.fate(self.channel, now, at_once));
        if let Fate::HungUp(_) = fate {
            return Err(TrySendError::Disconnected(item));
        }
        let channel = &mut tape.channels[self.channel];
        let taken = channel.taken.iter().filter(|taken| **taken <= now).count();
        if self.room == Some(channel.entered.len() - taken) {
            return Err(TrySendError::Full(item));
        }
        channel.entered.push((thread, now));
        let _ = self.queue.send(item);
        line.moved.notify_all();
        Ok(())
    }
}

impl<T> Drop for SyncSender<T> {
    fn drop(&mut self) {
        self.line.tape().channels[self.channel].closed = true;
        self.line.moved.notify_all();
    }
}

impl<T> RingSender<T> {
    /// Sends `item`, and never waits.
    ///
    /// # Errors
    /// Hands the item back if the receiver is gone. It does not ask when that was: an example with a
    /// hang-up at a ring would not come out the same every time.
    pub fn send(&self, item: T) -> Result<(), SendError<T>> {
        let SyncSender {
            line,
            channel,
            queue,
            ..
        } = &self.0;
        let mut tape = line.tape();
        let thread = tape.this_thread();
        let now = tape.threads[thread].now;
        queue.send(item)?;
        tape.channels[*channel].entered.push((thread, now));
        line.moved.notify_all();
        Ok(())
    }
}

impl<T> Receiver<T> {
    /// Takes the next item, waiting while there is none.
    ///
    /// # Errors
    /// If the channel is empty and its sender is gone.
    pub fn recv(&self) -> Result<T, RecvError> {
        let thread = {
            let mut tape = self.line.tape();
            let thread = tape.this_thread();
            tape.channels[self.channel].receiver = Some((thread, true));
            thread
        };
        self.line.moved.notify_all();
        let mut item = self.queue.recv();
        let mut tape = self.line.tape();
        if let (Ok(_), Some(keeps)) = (&item, self.keeps) {
            let dropped;
            (tape, dropped) = self
                .line
                .ask(tape, |tape| tape.dropped(self.channel, thread, keeps));
            for at in dropped {
                tape.channels[self.channel].taken.push(at);
                item = self.queue.recv();
            }
        }
        let tape = &mut *tape;
        let channel = &mut tape.channels[self.channel];
        channel.receiver = Some((thread, false));
        if item.is_ok() {
            let (sender, entered) = channel.entered[channel.taken.len()];
            let at = tape.threads[thread].now.max(entered);
            channel.taken.push(at);
            tape.hand_overs.push(HandOver {
                from: (sender, entered),
                to: (thread, at),
            });
            tape.wait_until(thread, at, "queue empty");
        }
        self.line.moved.notify_all();
        item
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut tape = self.line.tape();
        let thread = tape.this_thread();
        let now = tape.threads[thread].now;
        tape.channels[self.channel].hung_up = Some(now);
        self.line.moved.notify_all();
    }
}

/// The items of a channel, until its sender is gone.
#[derive(Debug)]
pub struct Items<T>(Receiver<T>);

impl<T> Iterator for Items<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.recv().ok()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = Items<T>;

    fn into_iter(self) -> Items<T> {
        Items(self)
    }
}

/// The place in a queue that an item needs.
#[derive(Debug, Clone, Copy)]
enum Place {
    FreeAt(u64),
    /// The receiver hung up without taking what is there.
    NeverFree,
}

/// What becomes of an item that is sent.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Enters(u64),
    HungUp(u64),
}

impl Channel {
    /// Whether the place of the item `before` is free, once that is certain; at once if there is
    /// no such item.
    fn place(&self, before: Option<usize>) -> Option<Place> {
        let Some(before) = before else {
            return Some(Place::FreeAt(0));
        };
        match self.taken.get(before) {
            Some(taken) => Some(Place::FreeAt(*taken)),
            None => self.hung_up.map(|_| Place::NeverFree),
        }
    }
}

impl Tape {
    fn this_thread(&mut self) -> usize {
        let id = thread::current().id();
        if let Some(index) = self.threads.iter().position(|thread| thread.id == id) {
            return index;
        }
        self.threads.push(Thread {
            id,
            now: 0,
            lane: None,
            waits: Vec::new(),
        });
        self.threads.len() - 1
    }

    /// What becomes of an item whose sender has come to `now`, once that is certain.
    fn fate(&self, channel: usize, now: u64, place: Place) -> Option<Fate> {
        let channel = &self.channels[channel];
        let enters = match place {
            Place::FreeAt(free) => now.max(free),
            Place::NeverFree => u64::MAX,
        };
        if let Some(hung_up) = channel.hung_up {
            return Some(if hung_up <= enters {
                Fate::HungUp(now.max(hung_up))
            } else {
                Fate::Enters(enters)
            });
        }
        let (thread, receives) = channel.receiver?;
        let is_later = self.threads[thread].now > enters;
        let has_all = receives && channel.taken.len() == channel.entered.len();
        (is_later || has_all).then_some(Fate::Enters(enters))
    }

    /// Which of its items a ring has dropped, by when they came, before a receiver that is here takes
    /// one, once that is certain.
    fn dropped(&self, channel: usize, receiver: usize, keeps: usize) -> Option<Vec<u64>> {
        let channel = &self.channels[channel];
        let left = channel.entered.get(channel.taken.len()..)?;
        let (sender, first) = *left.first()?;
        let now = self.threads[receiver].now.max(first);
        if !channel.closed && self.threads[sender].now <= now {
            return None;
        }
        let times = left.iter().map(|(_, at)| *at);
        let mut dropped: Vec<u64> = times.take_while(|at| *at <= now).collect();
        dropped.truncate(dropped.len().saturating_sub(keeps));
        Some(dropped)
    }

    fn wait_until(&mut self, thread: usize, at: u64, label: &str) {
        let thread = &mut self.threads[thread];
        if at > thread.now {
            thread.waits.push(Wait {
                label: label.to_owned(),
                start: thread.now,
                end: Some(at),
            });
            thread.now = at;
        }
    }

    fn picture(self, proves: &str) -> Timeline {
        let mut lanes: Vec<Lane> = Vec::new();
        let mut spans = self.spans;
        spans.sort_by_key(|(_, span)| span.start);
        for (name, span) in spans {
            match lanes.iter_mut().find(|lane| lane.name == name) {
                Some(lane) => lane.spans.push(span),
                None => lanes.push(Lane {
                    name,
                    spans: vec![span],
                    waits: Vec::new(),
                    instants: Vec::new(),
                }),
            }
        }
        let lane_of: Vec<Option<usize>> = self
            .threads
            .iter()
            .map(|thread| {
                lanes
                    .iter()
                    .position(|lane| Some(&lane.name) == thread.lane.as_ref())
            })
            .collect();
        for (thread, lane) in self.threads.into_iter().zip(&lane_of) {
            if let Some(lane) = lane {
                lanes[*lane].waits.extend(thread.waits);
            }
        }
        let mut hand_overs: Vec<HandOver> = self
            .hand_overs
            .iter()
            .filter_map(|hand_over| {
                Some(HandOver {
                    from: (lane_of[hand_over.from.0]?, hand_over.from.1),
                    to: (lane_of[hand_over.to.0]?, hand_over.to.1),
                })
            })
            .collect();
        hand_overs.sort_by_key(|hand_over| (hand_over.from, hand_over.to));
        Timeline {
            title: String::new(),
            proves: proves.to_owned(),
            unit: Unit::VirtualMilliseconds,
            lanes,
            moments: Vec::new(),
            hand_overs,
            at_once: None,
            level: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source of 10 ms an item, a stage of 30 ms, and a sink of 20 ms that takes so many items.
    fn run(room: Option<usize>, items: u64, wanted: usize) -> Timeline {
        let line: &'static Line = Box::leak(Box::default());
        let (to_stage, scanned) = line.open(room, None);
        let (to_sink, made) = line.open(room, None);
        let source = thread::spawn(move || {
            for n in 0..items {
                line.work("source", &format!("item {n}"), 10);
                if to_stage.send(n).is_err() {
                    return;
                }
            }
        });
        let stage = thread::spawn(move || {
            for n in scanned {
                line.work("stage", &format!("item {n}"), 30);
                if to_sink.send(n).is_err() {
                    return;
                }
            }
        });
        for n in made.into_iter().take(wanted) {
            line.work("sink", &format!("item {n}"), 20);
        }
        for thread in [source, stage] {
            thread.join().expect("it does not panic");
        }
        line.picture("")
    }

    fn ends(timeline: &Timeline, lane: usize) -> Vec<u64> {
        let spans = timeline.lanes[lane].spans.iter();
        spans.filter_map(|span| span.end).collect()
    }

    #[test]
    fn the_slowest_stage_sets_the_pace() {
        let timeline = run(Some(1), 5, 5);
        assert_eq!(ends(&timeline, 0), [10, 20, 30, 50, 80]);
        assert_eq!(ends(&timeline, 1), [40, 70, 100, 130, 160]);
        assert_eq!(ends(&timeline, 2), [60, 90, 120, 150, 180]);
    }

    #[test]
    fn without_a_bound_the_source_never_waits() {
        let timeline = run(None, 5, 5);
        assert_eq!(ends(&timeline, 0), [10, 20, 30, 40, 50]);
        assert!(timeline.lanes[0].waits.is_empty());
    }

    #[test]
    fn without_room_the_source_waits_until_its_item_is_taken() {
        let timeline = run(Some(0), 4, 4);
        assert_eq!(ends(&timeline, 0), [10, 20, 50, 80]);
    }

    #[test]
    fn a_hang_up_travels_upstream() {
        let timeline = run(Some(1), 9, 2);
        // The sink is done at 90; the stage learns of it at 100, and with it the source.
        assert_eq!(ends(&timeline, 1), [40, 70, 100]);
        assert_eq!(ends(&timeline, 0), [10, 20, 30, 50, 80]);
        let last_wait = timeline.lanes[0].waits.last().and_then(|wait| wait.end);
        assert_eq!(last_wait, Some(100));
    }

    /// A source of 10 ms an item that never waits, and a sink of 35 ms.
    fn run_hurried(items_sent: u64, room: usize, ring: bool) -> Timeline {
        let line: &'static Line = Box::leak(Box::default());
        let (send, items): (Box<dyn Fn(u64) + Send>, _) = if ring {
            let (sender, items) = line.ring(room);
            let send = move |n| sender.send(n).expect("the sink takes all");
            (Box::new(send), items)
        } else {
            let (sender, items) = line.sync_channel(room);
            let send = move |n| {
                let _full = sender.try_send(n);
            };
            (Box::new(send), items)
        };
        let source = thread::spawn(move || {
            for n in 0..items_sent {
                line.work("source", &format!("item {n}"), 10);
                send(n);
            }
        });
        for n in items {
            line.work("sink", &format!("item {n}"), 35);
        }
        source.join().expect("it does not panic");
        line.picture("")
    }

    fn sunk(timeline: &Timeline) -> Vec<(&str, u64)> {
        let spans = timeline.lanes[1].spans.iter();
        spans
            .map(|span| (span.label.as_str(), span.start))
            .collect()
    }

    #[test]
    fn a_ring_drops_the_oldest() {
        let timeline = run_hurried(8, 1, true);
        assert_eq!(
            sunk(&timeline),
            [("item 0", 10), ("item 3", 45), ("item 7", 80)]
        );
        let timeline = run_hurried(8, 2, true);
        let expected = [
            ("item 0", 10),
            ("item 2", 45),
            ("item 6", 80),
            ("item 7", 115),
        ];
        assert_eq!(sunk(&timeline), expected);
        assert!(timeline.lanes[0].waits.is_empty());
    }

    #[test]
    fn who_only_tries_drops_the_newest() {
        let timeline = run_hurried(8, 1, false);
        let expected = [
            ("item 0", 10),
            ("item 1", 45),
            ("item 4", 80),
            ("item 7", 115),
        ];
        assert_eq!(sunk(&timeline), expected);
        assert!(timeline.lanes[0].waits.is_empty());
    }

    #[test]
    fn nobody_who_hurries_changes_the_picture() {
        for ring in [true, false] {
            let first = run_hurried(9, 2, ring);
            for _ in 0..50 {
                assert_eq!(run_hurried(9, 2, ring), first);
            }
        }
    }

    #[test]
    fn the_picture_is_the_same_every_time() {
        for (room, wanted) in [(Some(0), 9), (Some(1), 9), (Some(2), 3), (None, 2)] {
            let first = run(room, 9, wanted);
            for _ in 0..50 {
                assert_eq!(run(room, 9, wanted), first);
            }
        }
    }
}
