//! Real threads that take turns on one virtual clock, for pictures that come out the same on every
//! machine.
//!
//! One thread runs at a time, until it works, waits or ends; then it is the turn of whoever has been
//! ready longest, and when nobody is, the clock jumps to the end of the next work. So channels may
//! have any number of senders and receivers, and who gets what does not depend on the machine.

use std::collections::{BTreeSet, VecDeque};
use std::sync::mpsc::{RecvError, SendError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use crate::timeline::{Lane, Outcome, Span, Timeline, Unit, Wait};

/// Threads that take turns, and the channels between them.
///
/// ```
/// use instruments::simulation::turns::Turns;
///
/// static SHOP: Turns = Turns::new();
///
/// let (sender, items) = SHOP.sync_channel(1);
/// for n in 0..2 {
///     let sender = sender.clone();
///     SHOP.spawn(move || {
///         SHOP.work("worker", &format!("item {n}"), 10);
///         sender.send(n).expect("the receiver takes all");
///     });
/// }
/// drop(sender);
/// assert_eq!(items.into_iter().count(), 2);
/// assert_eq!(SHOP.picture(None).end(), 10);
/// ```
#[derive(Debug, Default)]
pub struct Turns {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    now: u64,
    /// Whose turn it is.
    turn: Option<usize>,
    ready: VecDeque<usize>,
    /// When each is done, who began first, and who it is.
    at_work: BTreeSet<(u64, u64, usize)>,
    begun: u64,
    threads: Vec<Thread>,
    channels: Vec<Channel>,
    /// Each on its thread's lane of that name.
    spans: Vec<(usize, String, Span)>,
}

#[derive(Debug, Default)]
struct Thread {
    id: Option<ThreadId>,
    ended: bool,
    waits: Vec<Wait>,
    /// Who waits for its end.
    joining: Vec<usize>,
}

#[derive(Debug)]
struct Channel {
    room: Option<usize>,
    senders: usize,
    receivers: usize,
    waiting: Vec<usize>,
}

/// A thread that takes turns.
#[derive(Debug)]
pub struct JoinHandle<T> {
    turns: &'static Turns,
    thread: usize,
    handle: thread::JoinHandle<T>,
}

/// A sending end, as many as you like.
#[derive(Debug)]
pub struct Sender<T>(End<T>);

/// A receiving end, as many as you like.
#[derive(Debug)]
pub struct Receiver<T>(End<T>);

#[derive(Debug)]
struct End<T> {
    turns: &'static Turns,
    channel: usize,
    items: Arc<Mutex<VecDeque<T>>>,
}

impl Turns {
    /// Nobody has had a turn yet.
    pub const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                now: 0,
                turn: None,
                ready: VecDeque::new(),
                at_work: BTreeSet::new(),
                begun: 0,
                threads: Vec::new(),
                channels: Vec::new(),
                spans: Vec::new(),
            }),
            moved: Condvar::new(),
        }
    }

    /// Works on `item` for `milliseconds`, and draws it on the calling thread's `lane`.
    pub fn work(&'static self, lane: &str, item: &str, milliseconds: u64) {
        let mut state = self.state();
        let me = state.this_thread();
        let start = state.now;
        state.begun += 1;
        let done = (start + milliseconds, state.begun, me);
        state.at_work.insert(done);
        let mut state = self.pass(state, me);
        let span = Span {
            label: item.to_owned(),
            start,
            end: Some(state.now),
            outcome: Outcome::Done,
            broken_rule: None,
        };
        state.spans.push((me, lane.to_owned(), span));
    }

    /// Starts a thread that takes turns with the others.
    pub fn spawn<T: Send + 'static>(
        &'static self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        struct Leaves(&'static Turns, usize);
        impl Drop for Leaves {
            fn drop(&mut self) {
                self.0.leave(self.1);
            }
        }
        let mut state = self.state();
        state.this_thread();
        state.threads.push(Thread::default());
        let thread = state.threads.len() - 1;
        state.ready.push_back(thread);
        drop(state);
        let handle = thread::spawn(move || {
            let mut state = self.state();
            state.threads[thread].id = Some(thread::current().id());
            drop(self.turn_of(state, thread));
            let _leaves = Leaves(self, thread);
            work()
        });
        JoinHandle {
            turns: self,
            thread,
            handle,
        }
    }

    /// A channel like std's, with room for so many items, which must be one at least.
    pub fn sync_channel<T>(&'static self, room: usize) -> (Sender<T>, Receiver<T>) {
        assert!(
            room > 0,
            "a rendezvous takes two at a time, and these take turns"
        );
        self.open(Some(room))
    }

    /// A channel like std's, without a bound.
    pub fn channel<T>(&'static self) -> (Sender<T>, Receiver<T>) {
        self.open(None)
    }

    fn open<T>(&'static self, room: Option<usize>) -> (Sender<T>, Receiver<T>) {
        let mut state = self.state();
        state.channels.push(Channel {
            room,
            senders: 1,
            receivers: 1,
            waiting: Vec::new(),
        });
        let channel = state.channels.len() - 1;
        let items = Arc::new(Mutex::new(VecDeque::new()));
        let end = |items| End {
            turns: self,
            channel,
            items,
        };
        (Sender(end(Arc::clone(&items))), Receiver(end(items)))
    }

    /// The picture of what has happened: the lanes of each thread that worked, in the order of their
    /// first work, those of the calling thread last, numbered where several threads have one of a
    /// name. Below them stands how many items were under way, with the cap if there is one. Call it
    /// when all threads have ended; the turns are then as new.
    pub fn picture(&self, cap: Option<u64>) -> Timeline {
        let mut picture = std::mem::take(&mut *self.state()).picture();
        picture.level = Some(picture.under_way(cap));
        picture
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the others have their turns until it is the calling thread's again.
    fn pass<'a>(&'a self, mut state: MutexGuard<'a, State>, me: usize) -> MutexGuard<'a, State> {
        state.next_turn();
        assert!(state.turn.is_some(), "all threads wait, and none can go on");
        self.moved.notify_all();
        self.turn_of(state, me)
    }

    fn turn_of<'a>(&'a self, state: MutexGuard<'a, State>, me: usize) -> MutexGuard<'a, State> {
        self.moved
            .wait_while(state, |state| state.turn != Some(me))
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until somebody has changed the channel, and draws the wait.
    fn wait<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        channel: usize,
        label: &str,
    ) -> MutexGuard<'a, State> {
        let me = state.this_thread();
        let start = state.now;
        state.channels[channel].waiting.push(me);
        let mut state = self.pass(state, me);
        state.waited(me, start, label);
        state
    }

    fn leave(&self, thread: usize) {
        let mut state = self.state();
        state.threads[thread].ended = true;
        let joining = std::mem::take(&mut state.threads[thread].joining);
        state.ready.extend(joining);
        state.next_turn();
        self.moved.notify_all();
    }
}

impl<T> JoinHandle<T> {
    /// Waits until the thread has ended, and returns its result.
    ///
    /// # Errors
    /// The thread's panic.
    pub fn join(self) -> thread::Result<T> {
        let mut state = self.turns.state();
        let me = state.this_thread();
        while !state.threads[self.thread].ended {
            state.threads[self.thread].joining.push(me);
            state = self.turns.pass(state, me);
        }
        drop(state);
        self.handle.join()
    }
}

impl<T> Sender<T> {
    /// Sends `item`, waiting while the channel is full.
    ///
    /// # Errors
    /// Hands the item back if there is no receiver.
    pub fn send(&self, item: T) -> Result<(), SendError<T>> {
        let Self(end) = self;
        let mut state = end.turns.state();
        loop {
            let channel = &state.channels[end.channel];
            if channel.receivers == 0 {
                return Err(SendError(item));
            }
            if channel.room.is_none_or(|room| end.items().len() < room) {
                break;
            }
            state = end.turns.wait(state, end.channel, "queue full");
        }
        end.items().push_back(item);
        state.wake(end.channel);
        Ok(())
    }
}

impl<T> Receiver<T> {
    /// Takes the next item, waiting while there is none.
    ///
    /// # Errors
    /// If the channel is empty and has no sender.
    pub fn recv(&self) -> Result<T, RecvError> {
        let Self(end) = self;
        let mut state = end.turns.state();
        loop {
            let item = end.items().pop_front();
            if let Some(item) = item {
                state.wake(end.channel);
                return Ok(item);
            }
            if state.channels[end.channel].senders == 0 {
                return Err(RecvError);
            }
            state = end.turns.wait(state, end.channel, "queue empty");
        }
    }
}

impl<T> End<T> {
    fn items(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn one_more(&self, count: impl Fn(&mut Channel) -> &mut usize) -> Self {
        *count(&mut self.turns.state().channels[self.channel]) += 1;
        Self {
            turns: self.turns,
            channel: self.channel,
            items: Arc::clone(&self.items),
        }
    }

    fn one_less(&self, count: impl Fn(&mut Channel) -> &mut usize) {
        let mut state = self.turns.state();
        // What is dropped after the picture was taken belongs to no channel any more.
        if let Some(channel) = state.channels.get_mut(self.channel) {
            *count(channel) -= 1;
            state.wake(self.channel);
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self(self.0.one_more(|channel| &mut channel.senders))
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self(self.0.one_more(|channel| &mut channel.receivers))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.one_less(|channel| &mut channel.senders);
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.0.one_less(|channel| &mut channel.receivers);
    }
}

/// The items of a channel, until it has no sender.
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

impl State {
    /// The calling thread; whoever comes first and was not spawned has the first turn.
    fn this_thread(&mut self) -> usize {
        let id = Some(thread::current().id());
        if let Some(index) = self.threads.iter().position(|thread| thread.id == id) {
            return index;
        }
        self.threads.push(Thread {
            id,
            ..Thread::default()
        });
        let index = self.threads.len() - 1;
        assert!(self.turn.is_none(), "only spawned threads take turns");
        self.turn = Some(index);
        index
    }

    fn next_turn(&mut self) {
        self.turn = self.ready.pop_front();
        if self.turn.is_none()
            && let Some((at, _, thread)) = self.at_work.pop_first()
        {
            self.now = at;
            self.turn = Some(thread);
        }
    }

    fn wake(&mut self, channel: usize) {
        let waiting = std::mem::take(&mut self.channels[channel].waiting);
        self.ready.extend(waiting);
    }

    fn waited(&mut self, thread: usize, start: u64, label: &str) {
        if self.now == start {
            return;
        }
        let end = Some(self.now);
        let waits = &mut self.threads[thread].waits;
        match waits.last_mut() {
            // Woken for nothing in between.
            Some(last) if last.end == Some(start) && last.label == label => last.end = end,
            _ => waits.push(Wait {
                label: label.to_owned(),
                start,
                end,
            }),
        }
    }

    fn picture(self) -> Timeline {
        let mut spans = self.spans;
        spans.sort_by_key(|(thread, _, span)| (span.start, *thread));
        let mut lanes: Vec<(usize, Lane)> = Vec::new();
        for (thread, name, span) in spans {
            let known = lanes
                .iter_mut()
                .find(|(other, lane)| *other == thread && lane.name == name);
            match known {
                Some((_, lane)) => lane.spans.push(span),
                None => lanes.push((
                    thread,
                    Lane {
                        name,
                        spans: vec![span],
                        waits: Vec::new(),
                        instants: Vec::new(),
                    },
                )),
            }
        }
        // The first thread is the one that started the others, and takes what they made.
        lanes.sort_by_key(|(thread, _)| *thread == 0);
        for (index, thread) in self.threads.into_iter().enumerate() {
            if let Some((_, lane)) = lanes.iter_mut().find(|(other, _)| *other == index) {
                lane.waits = thread.waits;
            }
        }
        let names: Vec<String> = lanes.iter().map(|(_, lane)| lane.name.clone()).collect();
        for (index, (_, lane)) in lanes.iter_mut().enumerate() {
            let same = |names: &[String]| names.iter().filter(|name| **name == lane.name).count();
            let (before, all) = (same(&names[..index]), same(&names));
            if all > 1 {
                lane.name = format!("{} {}", lane.name, before + 1);
            }
        }
        Timeline {
            title: String::new(),
            proves: String::new(),
            unit: Unit::VirtualMilliseconds,
            lanes: lanes.into_iter().map(|(_, lane)| lane).collect(),
            moments: Vec::new(),
            hand_overs: Vec::new(),
            at_once: None,
            level: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Workers that share jobs of the given durations, and one who collects them for 2 ms each.
    fn run(workers: usize, durations: &'static [u64], room: usize) -> Timeline {
        let turns: &'static Turns = Box::leak(Box::default());
        let (queue, jobs) = turns.sync_channel(room);
        let (done, finished) = turns.channel();
        let threads: Vec<_> = (0..workers)
            .map(|_| {
                let (jobs, done) = (jobs.clone(), done.clone());
                turns.spawn(move || {
                    for (n, milliseconds) in jobs {
                        turns.work("worker", &format!("job {n}"), milliseconds);
                        done.send(n).expect("it is collected");
                    }
                })
            })
            .collect();
        drop((jobs, done));
        let feeder = turns.spawn(move || {
            for job in durations.iter().copied().enumerate() {
                queue.send(job).expect("the workers take it");
            }
        });
        for n in finished {
            turns.work("collector", &format!("job {n}"), 2);
        }
        for thread in threads {
            thread.join().expect("it does not panic");
        }
        feeder.join().expect("it does not panic");
        turns.picture(None)
    }

    fn labels(timeline: &Timeline) -> Vec<Vec<&str>> {
        let lanes = timeline.lanes.iter();
        lanes
            .map(|lane| lane.spans.iter().map(|span| span.label.as_str()).collect())
            .collect()
    }

    #[test]
    fn the_next_job_goes_to_whoever_is_free_first() {
        let timeline = run(2, &[30, 10, 10], 1);
        assert_eq!(
            labels(&timeline),
            [
                vec!["job 0"],
                vec!["job 1", "job 2"],
                vec!["job 1", "job 2", "job 0"]
            ]
        );
        assert_eq!(timeline.end(), 32);
        let names: Vec<&str> = timeline
            .lanes
            .iter()
            .map(|lane| lane.name.as_str())
            .collect();
        assert_eq!(names, ["worker 1", "worker 2", "collector"]);
    }

    #[test]
    fn the_picture_is_the_same_every_time() {
        let first = run(3, &[10, 20, 10, 10, 30, 10, 10], 2);
        for _ in 0..50 {
            assert_eq!(run(3, &[10, 20, 10, 10, 30, 10, 10], 2), first);
        }
    }

    #[test]
    fn the_calling_thread_is_drawn_last_even_if_it_is_the_first_to_work() {
        let turns: &'static Turns = Box::leak(Box::default());
        turns.work("caller", "item 0", 5);
        let thread = turns.spawn(|| turns.work("thread", "item 1", 5));
        thread.join().expect("it does not panic");
        let lanes = turns.picture(None).lanes;
        let names: Vec<&str> = lanes.iter().map(|lane| lane.name.as_str()).collect();
        assert_eq!(names, ["thread", "caller"]);
    }

    #[test]
    fn who_waits_is_drawn_once_for_each_time() {
        let timeline = run(1, &[10, 10], 1);
        let waits: Vec<(u64, Option<u64>)> = timeline.lanes[1]
            .waits
            .iter()
            .map(|wait| (wait.start, wait.end))
            .collect();
        assert_eq!(waits, [(0, Some(10)), (12, Some(20))]);
    }

    #[test]
    fn a_sender_learns_that_nobody_receives() {
        let turns: &'static Turns = Box::leak(Box::default());
        let (sender, receiver) = turns.sync_channel(1);
        let thread = turns.spawn(move || (sender.send(1).is_ok(), sender.send(2).is_ok()));
        turns.work("receiver", "its work", 5);
        drop(receiver);
        let sent = thread.join().expect("it does not panic");
        assert_eq!(sent, (true, false));
    }
}
