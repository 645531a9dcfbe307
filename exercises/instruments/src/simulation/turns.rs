//! Real threads that take turns on one virtual clock, for pictures that come out the same on every
//! machine although several threads share an end of a channel.
//!
//! One thread runs at a time. When it works or waits, the turn goes to whoever has been ready for
//! longest; when nobody is ready, the clock jumps to the next end of somebody's work. So who takes
//! what is decided by the order of the code and the durations, and by nothing else.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::ops::{Deref, DerefMut};
use std::sync::mpsc::{RecvError, SendError};
use std::sync::{self, Arc, Condvar, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use crate::timeline::{HandOver, Lane, Outcome, Span, Timeline, Unit, Wait};

/// Threads that take turns, and what joins them: channels whose ends may be shared, and mutexes.
///
/// ```
/// use instruments::simulation::turns::Turns;
///
/// static SHOP: Turns = Turns::new();
///
/// let (sender, made) = SHOP.sync_channel(1);
/// let makers: Vec<_> = (0..2)
///     .map(|n| {
///         let sender = sender.clone();
///         SHOP.spawn(move || {
///             SHOP.work("make", &format!("item {n}"), 30);
///             sender.send(n).expect("the seller takes all");
///         })
///     })
///     .collect();
/// drop(sender);
/// for n in made {
///     SHOP.work("sell", &format!("item {n}"), 10);
/// }
/// for maker in makers {
///     maker.join().expect("it does not panic");
/// }
/// let picture = SHOP.picture("");
/// assert_eq!(picture.end(), 50);
/// assert_eq!(picture.lanes[1].name, "make 2");
/// ```
#[derive(Debug, Default)]
pub struct Turns {
    state: sync::Mutex<State>,
    passed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    now: u64,
    /// Whose turn it is.
    turn: Option<usize>,
    ready: VecDeque<usize>,
    /// Who works, and until when, in the order in which they began.
    working: Vec<(u64, usize)>,
    /// Who waits, and for what.
    waiting: Vec<(Thing, usize)>,
    things: usize,
    /// Everybody waits for somebody else.
    is_stuck: bool,
    threads: Vec<Thread>,
    spans: Vec<(Whose, Span)>,
    /// From thread to thread.
    hand_overs: Vec<HandOver>,
}

/// What threads wait for: a channel, a mutex, the end of a thread.
type Thing = usize;

/// A lane's name, and the thread that works there.
type Whose = (String, usize);

#[derive(Debug)]
struct Thread {
    id: Option<ThreadId>,
    ends: Thing,
    has_ended: bool,
    waits: Vec<Wait>,
}

impl Turns {
    /// Nothing has happened.
    pub const fn new() -> Self {
        Self {
            state: sync::Mutex::new(State {
                now: 0,
                turn: None,
                ready: VecDeque::new(),
                working: Vec::new(),
                waiting: Vec::new(),
                things: 0,
                is_stuck: false,
                threads: Vec::new(),
                spans: Vec::new(),
                hand_overs: Vec::new(),
            }),
            passed: Condvar::new(),
        }
    }

    /// Starts a thread. It gets its first turn when those before it have had theirs.
    pub fn spawn<T: Send + 'static>(
        &'static self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let (mut state, _) = self.mine();
        let me = state.register(None);
        state.ready.push_back(me);
        let thread = thread::spawn(move || {
            let mut state = self.lock();
            state.threads[me].id = Some(thread::current().id());
            drop(self.until_my_turn(state, me));
            let _ends = Ends { turns: self, me };
            work()
        });
        JoinHandle {
            turns: self,
            number: me,
            thread,
        }
    }

    /// Works on `item` for `milliseconds` of virtual time, and draws it on `lane`. If several threads
    /// work on lanes of that name, each has one, with a number.
    pub fn work(&self, lane: &str, item: &str, milliseconds: u64) {
        let (mut state, me) = self.mine();
        let start = state.now;
        state.working.push((start + milliseconds, me));
        let mut state = self.pass(state, me);
        let span = Span {
            label: item.to_owned(),
            start,
            end: Some(state.now),
            outcome: Outcome::Done,
            broken_rule: None,
        };
        state.spans.push(((lane.to_owned(), me), span));
    }

    /// A channel like std's, without a bound.
    pub fn channel<T>(&'static self) -> (Sender<T>, Receiver<T>) {
        self.sync_channel(usize::MAX)
    }

    /// A channel like std's, with room for so many items.
    pub fn sync_channel<T>(&'static self, room: usize) -> (SyncSender<T>, Receiver<T>) {
        let thing = self.mine().0.thing();
        let queue = Arc::new(sync::Mutex::new(Queue {
            items: VecDeque::new(),
            taken: 0,
            senders: 1,
            receivers: 1,
        }));
        let sender = SyncSender {
            turns: self,
            thing,
            room,
            queue: Arc::clone(&queue),
        };
        let receiver = Receiver {
            turns: self,
            thing,
            queue,
        };
        (sender, receiver)
    }

    /// A mutex like std's, but never poisoned.
    pub fn mutex<T>(&'static self, value: T) -> Mutex<T> {
        Mutex {
            turns: self,
            thing: self.mine().0.thing(),
            value: sync::Mutex::new(value),
        }
    }

    /// The picture of what has happened, a lane for each that was worked on, and below them how many
    /// items were under way. Call it when all threads have ended; all is then as new.
    pub fn picture(&self, proves: &str) -> Timeline {
        let mut picture = std::mem::take(&mut *self.lock()).picture(proves);
        picture.level = Some(picture.under_way(None));
        picture
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, for the thread whose turn it is, and its number.
    fn mine(&self) -> (MutexGuard<'_, State>, usize) {
        let id = thread::current().id();
        let mut state = self.lock();
        let known = state
            .threads
            .iter()
            .position(|thread| thread.id == Some(id));
        let me = known.unwrap_or_else(|| state.register(Some(id)));
        let turn = *state.turn.get_or_insert(me);
        assert!(turn == me, "a thread that `Turns::spawn` has not started");
        (state, me)
    }

    /// Gives the turn away, and waits to get it back.
    fn pass<'a>(&'a self, mut state: MutexGuard<'a, State>, me: usize) -> MutexGuard<'a, State> {
        state.give_turn();
        self.passed.notify_all();
        self.until_my_turn(state, me)
    }

    fn until_my_turn<'a>(
        &'a self,
        state: MutexGuard<'a, State>,
        me: usize,
    ) -> MutexGuard<'a, State> {
        let state = self
            .passed
            .wait_while(state, |state| state.turn != Some(me) && !state.is_stuck)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!state.is_stuck, "every thread waits for another");
        state
    }

    /// Waits until `take` has something to give. It is asked again whenever somebody says that
    /// `thing` has changed.
    fn until<A>(
        &self,
        thing: Thing,
        why: &str,
        mut take: impl FnMut(&mut State, usize) -> Option<A>,
    ) -> A {
        let (mut state, me) = self.mine();
        let start = state.now;
        loop {
            if let Some(answer) = take(&mut state, me) {
                let end = state.now;
                if end > start {
                    state.threads[me].waited(why, start, end);
                }
                return answer;
            }
            state.waiting.push((thing, me));
            state = self.pass(state, me);
        }
    }

    fn changed(&self, thing: Thing) {
        self.lock().changed(thing);
    }
}

impl Thread {
    /// Whoever takes something, has no use for it yet and waits again has waited all the while.
    fn waited(&mut self, why: &str, start: u64, end: u64) {
        match self.waits.last_mut() {
            Some(last) if last.end == Some(start) && last.label == why => last.end = Some(end),
            _ => self.waits.push(Wait {
                label: why.to_owned(),
                start,
                end: Some(end),
            }),
        }
    }
}

impl State {
    fn register(&mut self, id: Option<ThreadId>) -> usize {
        let ends = self.thing();
        self.threads.push(Thread {
            id,
            ends,
            has_ended: false,
            waits: Vec::new(),
        });
        self.threads.len() - 1
    }

    fn thing(&mut self) -> Thing {
        self.things += 1;
        self.things
    }

    /// Whoever waits for `thing` looks again, in the order in which they came.
    fn changed(&mut self, thing: Thing) {
        let ready = self.waiting.extract_if(.., |(other, _)| *other == thing);
        self.ready.extend(ready.map(|(_, thread)| thread));
    }

    fn give_turn(&mut self) {
        if self.ready.is_empty() {
            let ends = self.working.iter().map(|(end, _)| *end).min();
            self.now = ends.unwrap_or(self.now);
            let now = self.now;
            let ready = self.working.extract_if(.., |(end, _)| *end == now);
            self.ready.extend(ready.map(|(_, thread)| thread));
        }
        self.turn = self.ready.pop_front();
        self.is_stuck |= self.turn.is_none() && !self.waiting.is_empty();
    }

    fn picture(self, proves: &str) -> Timeline {
        let mut spans = self.spans;
        spans.sort_by(|(a_whose, a), (b_whose, b)| (a.start, a_whose).cmp(&(b.start, b_whose)));
        let mut lanes: Vec<(Whose, Vec<Span>)> = Vec::new();
        for (whose, span) in spans {
            match lanes.iter_mut().find(|(other, _)| *other == whose) {
                Some((_, spans)) => spans.push(span),
                None => lanes.push((whose, vec![span])),
            }
        }
        // Lanes of one name stand together, where the first of them stands.
        let mut names: Vec<String> = Vec::new();
        for ((name, _), _) in &lanes {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        lanes.sort_by_key(|((name, _), _)| names.iter().position(|other| other == name));
        // A thread's waits and hand-overs are drawn on the lane of its first work.
        let lane_of = |thread: usize| {
            let of_thread = lanes.iter().enumerate();
            let of_thread = of_thread.filter(|(_, ((_, other), _))| *other == thread);
            let first = of_thread.min_by_key(|(_, (_, spans))| spans[0].start);
            first.map(|(lane, _)| lane)
        };
        let mut hand_overs: Vec<HandOver> = self
            .hand_overs
            .iter()
            .filter_map(|HandOver { from, to }| {
                Some(HandOver {
                    from: (lane_of(from.0)?, from.1),
                    to: (lane_of(to.0)?, to.1),
                })
            })
            .collect();
        hand_overs.sort_by_key(|hand_over| (hand_over.from, hand_over.to));
        let mut waits: Vec<Vec<Wait>> = vec![Vec::new(); lanes.len()];
        for (number, thread) in self.threads.into_iter().enumerate() {
            if let Some(lane) = lane_of(number) {
                waits[lane].extend(thread.waits);
            }
        }
        let all: Vec<String> = lanes.iter().map(|((name, _), _)| name.clone()).collect();
        let lanes = lanes.into_iter().zip(waits).enumerate();
        let lanes = lanes.map(|(index, (((name, _), spans), waits))| {
            let alike = |lanes: &[String]| lanes.iter().filter(|other| **other == name).count();
            let name = match alike(&all) {
                1 => name,
                _ => format!("{name} {}", alike(&all[..=index])),
            };
            Lane {
                name,
                spans,
                waits,
                instants: Vec::new(),
            }
        });
        Timeline {
            title: String::new(),
            proves: proves.to_owned(),
            unit: Unit::VirtualMilliseconds,
            lanes: lanes.collect(),
            moments: Vec::new(),
            hand_overs,
            at_once: None,
            level: None,
        }
    }
}

/// Says that a thread has ended, however it does.
struct Ends {
    turns: &'static Turns,
    me: usize,
}

impl Drop for Ends {
    fn drop(&mut self) {
        let mut state = self.turns.lock();
        let thread = &mut state.threads[self.me];
        thread.has_ended = true;
        let ends = thread.ends;
        state.changed(ends);
        state.give_turn();
        self.turns.passed.notify_all();
    }
}

/// A thread that can be waited for.
#[derive(Debug)]
pub struct JoinHandle<T> {
    turns: &'static Turns,
    number: usize,
    thread: thread::JoinHandle<T>,
}

impl<T> JoinHandle<T> {
    /// Waits until the thread has ended, and returns what it returned.
    ///
    /// # Errors
    /// The thread's panic.
    pub fn join(self) -> thread::Result<T> {
        let ends = self.turns.mine().0.threads[self.number].ends;
        self.turns.until(ends, "join", |state, _| {
            state.threads[self.number].has_ended.then_some(())
        });
        self.thread.join()
    }
}

#[derive(Debug)]
struct Queue<T> {
    /// With the thread that sent it, and when.
    items: VecDeque<(T, (usize, u64))>,
    taken: usize,
    senders: usize,
    receivers: usize,
}

type Shared<T> = Arc<sync::Mutex<Queue<T>>>;

fn lock<T>(queue: &Shared<T>) -> MutexGuard<'_, Queue<T>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sending end of a channel that takes virtual time.
#[derive(Debug)]
pub struct SyncSender<T> {
    turns: &'static Turns,
    thing: Thing,
    room: usize,
    queue: Shared<T>,
}

/// The sending end of a channel without a bound: the same type, which never waits.
pub type Sender<T> = SyncSender<T>;

/// The receiving end of a channel that takes virtual time. Unlike std's it can be cloned: whoever is
/// free takes the next item.
#[derive(Debug)]
pub struct Receiver<T> {
    turns: &'static Turns,
    thing: Thing,
    queue: Shared<T>,
}

impl<T> SyncSender<T> {
    /// Sends `item`, waiting while the channel is full.
    ///
    /// # Errors
    /// Hands the item back if the receiver has hung up.
    pub fn send(&self, item: T) -> Result<(), SendError<T>> {
        let mut item = Some(item);
        // Without room, an item lies in the channel as long as its sender stays with it.
        let room = self.room.max(1);
        let sent = self.turns.until(self.thing, "queue full", |state, me| {
            let mut queue = lock(&self.queue);
            if queue.receivers == 0 {
                return Some(None);
            }
            if queue.items.len() >= room {
                return None;
            }
            queue.items.push_back((item.take()?, (me, state.now)));
            state.changed(self.thing);
            Some(Some(queue.taken + queue.items.len()))
        });
        match (sent, item) {
            (None, Some(item)) => return Err(SendError(item)),
            (Some(number), _) if self.room == 0 => {
                self.turns.until(self.thing, "nobody takes it", |_, _| {
                    let queue = lock(&self.queue);
                    (queue.taken >= number || queue.receivers == 0).then_some(())
                });
            }
            _ => {}
        }
        Ok(())
    }
}

impl<T> Receiver<T> {
    /// Takes the next item, waiting while there is none.
    ///
    /// # Errors
    /// If the channel is empty and its last sender is gone.
    pub fn recv(&self) -> Result<T, RecvError> {
        self.turns.until(self.thing, "queue empty", |state, me| {
            let mut queue = lock(&self.queue);
            let Some((item, from)) = queue.items.pop_front() else {
                return (queue.senders == 0).then_some(Err(RecvError));
            };
            queue.taken += 1;
            let to = (me, state.now);
            state.hand_overs.push(HandOver { from, to });
            state.changed(self.thing);
            Some(Ok(item))
        })
    }
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> Self {
        lock(&self.queue).senders += 1;
        Self {
            queue: Arc::clone(&self.queue),
            ..*self
        }
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        lock(&self.queue).receivers += 1;
        Self {
            queue: Arc::clone(&self.queue),
            ..*self
        }
    }
}

impl<T> Drop for SyncSender<T> {
    fn drop(&mut self) {
        lock(&self.queue).senders -= 1;
        self.turns.changed(self.thing);
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let unwanted = {
            let mut queue = lock(&self.queue);
            queue.receivers -= 1;
            match queue.receivers {
                0 => std::mem::take(&mut queue.items),
                _ => VecDeque::new(),
            }
        };
        drop(unwanted);
        self.turns.changed(self.thing);
    }
}

/// The items of a channel, until its last sender is gone.
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

/// A mutex at which threads wait in virtual time.
#[derive(Debug)]
pub struct Mutex<T> {
    turns: &'static Turns,
    thing: Thing,
    value: sync::Mutex<T>,
}

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub struct Guard<'a, T> {
    mutex: &'a Mutex<T>,
    /// `None` only while it is being dropped.
    value: Option<MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    /// Waits until nobody holds the lock, and takes it.
    ///
    /// # Errors
    /// Never: it is there so that code reads as with std's mutex.
    pub fn lock(&self) -> Result<Guard<'_, T>, Infallible> {
        let value = self
            .turns
            .until(self.thing, "locked", |_, _| match self.value.try_lock() {
                Ok(value) => Some(value),
                Err(sync::TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(sync::TryLockError::WouldBlock) => None,
            });
        Ok(Guard {
            mutex: self,
            value: Some(value),
        })
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("it is not being dropped")
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("it is not being dropped")
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        self.value = None;
        self.mutex.turns.changed(self.mutex.thing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source of 10 ms an item, so many workers at its queue, and a sink of 10 ms that takes so
    /// many items. Item 1 takes a worker 90 ms, the others 30 ms.
    fn run(workers: usize, room: usize, wanted: usize) -> Timeline {
        let turns: &'static Turns = Box::leak(Box::default());
        let (to_workers, items) = turns.sync_channel(room);
        let (done, results) = turns.sync_channel(room);
        let mut threads = vec![turns.spawn(move || {
            for n in 0..9 {
                turns.work("source", &format!("item {n}"), 10);
                if to_workers.send(n).is_err() {
                    return;
                }
            }
        })];
        let items = Arc::new(turns.mutex(items));
        for _ in 0..workers {
            let (items, done) = (Arc::clone(&items), done.clone());
            threads.push(turns.spawn(move || {
                loop {
                    let next = items.lock().expect("it never fails").recv();
                    let Ok(n) = next else {
                        return;
                    };
                    turns.work("worker", &format!("item {n}"), if n == 1 { 90 } else { 30 });
                    if done.send(n).is_err() {
                        return;
                    }
                }
            }));
        }
        drop((items, done));
        for n in results.into_iter().take(wanted) {
            turns.work("sink", &format!("item {n}"), 10);
        }
        for thread in threads {
            thread.join().expect("it does not panic");
        }
        turns.picture("")
    }

    fn labels(timeline: &Timeline, lane: usize) -> Vec<&str> {
        let spans = timeline.lanes[lane].spans.iter();
        spans
            .map(|span| span.label.trim_start_matches("item "))
            .collect()
    }

    #[test]
    fn whoever_is_free_takes_the_next_item() {
        let timeline = run(3, 1, 9);
        let names: Vec<&str> = timeline.lanes.iter().map(|lane| &*lane.name).collect();
        assert_eq!(
            names,
            ["source", "worker 1", "worker 2", "worker 3", "sink"]
        );
        assert_eq!(labels(&timeline, 1), ["0", "3", "5", "7"]);
        assert_eq!(labels(&timeline, 2), ["1", "8"]);
        assert_eq!(
            labels(&timeline, 4),
            ["0", "2", "3", "4", "5", "1", "6", "7", "8"]
        );
        assert_eq!(timeline.end(), 150);
    }

    #[test]
    fn a_full_queue_holds_the_source_back() {
        let timeline = run(1, 1, 9);
        let ends = timeline.lanes[0].spans.iter().filter_map(|span| span.end);
        assert_eq!(ends.take(5).collect::<Vec<_>>(), [10, 20, 30, 50, 140]);
        assert_eq!(timeline.end(), 10 + 8 * 30 + 90 + 10);
    }

    #[test]
    fn a_hang_up_travels_upstream() {
        let timeline = run(2, 1, 1);
        assert_eq!(labels(&timeline, 3), ["0"]);
        assert!(timeline.lanes[0].spans.len() < 9);
    }

    #[test]
    fn without_room_items_are_handed_over() {
        let timeline = run(1, 0, 9);
        let ends = timeline.lanes[0].spans.iter().filter_map(|span| span.end);
        assert_eq!(ends.take(3).collect::<Vec<_>>(), [10, 20, 50]);
    }

    #[test]
    fn the_picture_is_the_same_every_time() {
        for (workers, room, wanted) in [(3, 1, 9), (3, 0, 9), (5, 2, 4), (1, 1, 2)] {
            let first = run(workers, room, wanted);
            for _ in 0..50 {
                assert_eq!(run(workers, room, wanted), first);
            }
        }
    }

    #[test]
    fn a_channel_may_have_several_receivers_and_no_bound() {
        let turns: &'static Turns = Box::leak(Box::default());
        let (sender, items) = turns.channel();
        for n in 0..4 {
            sender.send(n).expect("there are receivers");
        }
        drop(sender);
        let threads = [30, 10].map(|milliseconds| {
            let items = items.clone();
            turns.spawn(move || {
                for n in items {
                    turns.work("worker", &format!("item {n}"), milliseconds);
                }
            })
        });
        drop(items);
        for thread in threads {
            thread.join().expect("it does not panic");
        }
        let timeline = turns.picture("");
        assert_eq!(labels(&timeline, 0), ["0"]);
        assert_eq!(labels(&timeline, 1), ["1", "2", "3"]);
    }

    #[test]
    fn nobody_waits_for_ever() {
        let turns: &'static Turns = Box::leak(Box::default());
        let (_sender, receiver) = turns.sync_channel::<()>(1);
        let stuck = turns.spawn(move || receiver.recv());
        let join = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| stuck.join()));
        assert!(join.is_err(), "it ended although nobody could wake it");
    }
}
