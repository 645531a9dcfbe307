//! The recorder: everything that a timeline shows was told to it while it happened.

mod clock;
mod stage;
mod task;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use crate::timeline::{
    AtOnce, Between, HandOver, Instant, InstantKind, Lane, Level, Moment, Outcome, Point, Span,
    Timeline, Wait,
};
use clock::Clock;
pub use stage::Stage;
use stage::UnderWay;
pub(crate) use task::Body;

/// Records what happens in which order. Cheap to clone; all clones write to one timeline.
///
/// Its time is logical, every event one step after the last, unless it follows tokio's clock.
#[derive(Debug, Clone, Default)]
pub struct Recorder {
    tape: Arc<Mutex<Tape>>,
}

#[derive(Debug, Clone, Default)]
struct Tape {
    clock: Clock,
    /// What there was when the test was over: the rest is only its end.
    kept: Option<Box<Tape>>,
    rows: Vec<Row>,
    moments: Vec<Moment>,
    hand_overs: Vec<HandOver>,
    at_once: Option<AtOnce>,
    level: Option<Level>,
    under_way: Option<UnderWay>,
}

#[derive(Debug, Clone)]
struct Row {
    whose: Whose,
    spans: Vec<Span>,
    waits: Vec<Wait>,
    instants: Vec<Instant>,
    /// Waits whenever it does not work.
    is_stage: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose {
    Thread(ThreadId, Option<String>),
    Named(String),
}

impl Whose {
    /// The task that is being polled, else the calling thread.
    fn caller() -> Self {
        if let Some(lane) = task::current_lane() {
            return Self::Named(lane);
        }
        let thread = thread::current();
        Self::Thread(thread.id(), thread.name().map(str::to_owned))
    }
}

/// A span that is being recorded. It ends when dropped: done, or panicked if its thread unwinds.
#[derive(Debug)]
#[must_use = "the span ends when this is dropped"]
pub struct OpenSpan {
    recorder: Recorder,
    row: usize,
    index: usize,
}

/// A wait that is being recorded. It ends when dropped.
#[derive(Debug)]
#[must_use = "the wait ends when this is dropped"]
pub struct OpenWait {
    recorder: Recorder,
    row: usize,
    index: usize,
}

impl Recorder {
    /// A recorder with an empty tape.
    pub fn new() -> Self {
        Self::default()
    }

    /// A recorder whose time is the milliseconds of tokio's clock from now on. Call it where the
    /// runtime is running.
    pub fn on_tokios_clock() -> Self {
        let recorder = Self::new();
        recorder.follow_tokios_clock();
        recorder
    }

    pub(crate) fn follow_tokios_clock(&self) {
        self.tape().clock = Clock::tokios();
    }

    /// Milliseconds of tokio's clock; `None` if the recorder counts steps.
    pub(crate) fn now(&self) -> Option<u64> {
        self.tape().clock.time()
    }

    /// Shows nothing that happens from now on.
    pub(crate) fn stop(&self) {
        let mut tape = self.tape();
        if tape.kept.is_none() {
            tape.kept = Some(Box::new(tape.clone()));
        }
    }

    fn tape(&self) -> MutexGuard<'_, Tape> {
        // A panic elsewhere leaves the tape whole: every change is a single push or assignment.
        self.tape.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a span on the lane of the calling task or thread.
    pub fn span(&self, label: impl Into<String>) -> OpenSpan {
        self.begin(Whose::caller(), label.into())
    }

    /// Begins a span on a lane of its own name.
    pub fn span_on(&self, lane: &str, label: impl Into<String>) -> OpenSpan {
        self.begin(Whose::Named(lane.to_owned()), label.into())
    }

    fn begin(&self, whose: Whose, label: String) -> OpenSpan {
        let mut tape = self.tape();
        let row = tape.row(whose);
        let index = tape.begin(row, label);
        OpenSpan {
            recorder: self.clone(),
            row,
            index,
        }
    }

    /// Begins a wait on the lane of the calling task or thread.
    pub fn wait(&self, label: impl Into<String>) -> OpenWait {
        let mut tape = self.tape();
        let start = tape.clock.tick();
        let row = tape.row(Whose::caller());
        let waits = &mut tape.rows[row].waits;
        waits.push(Wait {
            label: label.into(),
            start,
            end: None,
        });
        let index = waits.len() - 1;
        OpenWait {
            recorder: self.clone(),
            row,
            index,
        }
    }

    /// Records a moment that concerns all lanes.
    pub fn moment(&self, label: impl Into<String>) {
        let mut tape = self.tape();
        let at = tape.clock.tick();
        tape.moments.push(Moment {
            label: label.into(),
            at,
        });
    }

    /// Records on the lane of the calling task or thread that something was asked for.
    pub fn asked(&self, label: impl Into<String>) {
        self.instant(Whose::caller(), label.into(), InstantKind::Asked);
    }

    /// Records on a lane of its own name that something was asked for.
    pub fn asked_on(&self, lane: &str, label: impl Into<String>) {
        let whose = Whose::Named(lane.to_owned());
        self.instant(whose, label.into(), InstantKind::Asked);
    }

    /// Records on the lane of the calling task or thread that something was granted.
    pub fn granted(&self, label: impl Into<String>) {
        self.instant(Whose::caller(), label.into(), InstantKind::Granted);
    }

    /// Records on a lane of its own name that something was granted.
    pub fn granted_on(&self, lane: &str, label: impl Into<String>) {
        let whose = Whose::Named(lane.to_owned());
        self.instant(whose, label.into(), InstantKind::Granted);
    }

    fn instant(&self, whose: Whose, label: String, kind: InstantKind) {
        let mut tape = self.tape();
        let at = tape.clock.tick();
        let row = tape.row(whose);
        tape.rows[row].instants.push(Instant {
            label,
            at,
            kind,
            broken_rule: None,
        });
    }

    /// Asks for the step line of how many ran at once, with the limit if there is one.
    pub fn show_at_once(&self, limit: Option<usize>) {
        self.tape().at_once = Some(AtOnce { limit });
    }

    /// Asks for the line of how much there is of something, with its cap if there is one.
    pub fn show_level(&self, name: &str, between: Between, cap: Option<u64>) {
        self.tape().level = Some(Level {
            name: name.to_owned(),
            points: Vec::new(),
            between,
            cap,
        });
    }

    /// Records how much there is now, after [`show_level`](Self::show_level) has asked for the line.
    pub fn level(&self, value: u64) {
        let at = self.tape().clock.tick();
        self.level_at(at, value);
    }

    /// Records how much there was at a time that is over by now: where a ramp met its cap, say.
    pub fn level_at(&self, at: u64, value: u64) {
        if let Some(level) = &mut self.tape().level {
            level.points.push(Point { at, value });
        }
    }

    /// What was recorded so far.
    pub fn timeline(&self, title: &str, proves: &str) -> Timeline {
        let tape = self.tape();
        let tape = tape.kept.as_deref().unwrap_or(&tape);
        let mut threads = 0;
        let lanes = tape
            .rows
            .iter()
            .map(|row| Lane {
                name: match &row.whose {
                    Whose::Named(name) | Whose::Thread(_, Some(name)) => name.clone(),
                    Whose::Thread(_, None) => {
                        threads += 1;
                        format!("thread {threads}")
                    }
                },
                spans: row.spans.clone(),
                waits: row.waits.clone(),
                instants: row.instants.clone(),
            })
            .collect();
        let mut timeline = Timeline {
            title: title.to_owned(),
            proves: proves.to_owned(),
            unit: tape.clock.unit(),
            lanes,
            moments: tape.moments.clone(),
            hand_overs: tape.hand_overs.clone(),
            at_once: tape.at_once,
            level: tape.level.clone(),
        };
        if let Some(UnderWay { cap }) = tape.under_way {
            timeline.level = Some(timeline.under_way(cap));
        }
        timeline
    }
}

impl Tape {
    fn row(&mut self, whose: Whose) -> usize {
        if let Some(row) = self.rows.iter().position(|row| row.whose == whose) {
            return row;
        }
        self.rows.push(Row {
            whose,
            spans: Vec::new(),
            waits: Vec::new(),
            instants: Vec::new(),
            is_stage: false,
        });
        self.rows.len() - 1
    }

    /// Begins a span, and says which of its row's it is.
    fn begin(&mut self, row: usize, label: String) -> usize {
        let start = self.clock.tick();
        let spans = &mut self.rows[row].spans;
        spans.push(Span {
            label,
            start,
            end: None,
            outcome: Outcome::Open,
            broken_rule: None,
        });
        spans.len() - 1
    }
}

impl OpenSpan {
    /// Ends the span and says what it came to.
    pub fn end(self, outcome: Outcome) {
        self.close(outcome);
    }

    fn close(&self, outcome: Outcome) {
        let mut tape = self.recorder.tape();
        // The first word counts: `end` drops the span as well.
        if tape.rows[self.row].spans[self.index].end.is_some() {
            return;
        }
        let end = if tape.rows[self.row].is_stage {
            // What ends does not take a step of its own: items that pass in no time stay next to
            // each other, and the picture as narrow as it can be.
            tape.begin_waiting(self.row);
            tape.clock.now()
        } else {
            tape.clock.tick()
        };
        let span = &mut tape.rows[self.row].spans[self.index];
        span.end = Some(end);
        span.outcome = outcome;
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        self.close(if thread::panicking() {
            Outcome::Panicked
        } else {
            Outcome::Done
        });
    }
}

impl Drop for OpenWait {
    fn drop(&mut self) {
        let mut tape = self.recorder.tape();
        let end = tape.clock.tick();
        tape.rows[self.row].waits[self.index].end = Some(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_numbered_by_their_first_event() {
        let recorder = Recorder::new();
        for label in ["a", "b"] {
            let recorder = recorder.clone();
            thread::spawn(move || drop(recorder.span(label)))
                .join()
                .expect("it does not panic");
        }
        let timeline = recorder.timeline("", "");
        let names: Vec<_> = timeline
            .lanes
            .iter()
            .map(|lane| lane.name.as_str())
            .collect();
        assert_eq!(names, ["thread 1", "thread 2"]);
        assert_eq!(timeline.lanes[1].spans[0].label, "b");
        assert_eq!(timeline.lanes[1].spans[0].start, 2);
    }

    #[test]
    fn a_span_knows_what_became_of_it() {
        let recorder = Recorder::new();
        let open = recorder.span_on("x", "open");
        drop(recorder.span_on("x", "done"));
        let panics = recorder.clone();
        let _ = thread::spawn(move || {
            let _span = panics.span_on("x", "panics");
            crate::panic_on_purpose("as planned");
        })
        .join();
        let outcomes: Vec<_> = recorder.timeline("", "").lanes[0]
            .spans
            .iter()
            .map(|span| span.outcome)
            .collect();
        assert_eq!(outcomes, [Outcome::Open, Outcome::Done, Outcome::Panicked]);
        drop(open);
    }

    #[test]
    fn a_wait_does_not_count_as_work() {
        let recorder = Recorder::new();
        let _wait = recorder.wait("for the end");
        let _span = recorder.span("work");
        assert_eq!(recorder.timeline("", "").most_at_once(), 1);
    }
}
