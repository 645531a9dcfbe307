//! Timelines: what ran when, as data. [`text`] and [`svg`] draw them.

mod at_once;
mod axis;
mod level;
pub mod svg;
pub mod text;
mod under_way;

use serde::{Deserialize, Serialize};

/// A recorded run. Times count in [`Unit`]s from the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// A few words for the picture's heading.
    pub title: String,
    /// One sentence on what the picture proves: its text alternative and its caption.
    pub proves: String,
    /// What the time axis counts.
    pub unit: Unit,
    /// One for each worker, thread, task or request, in the order of their first span.
    pub lanes: Vec<Lane>,
    /// Moments that concern all lanes.
    pub moments: Vec<Moment>,
    /// From lane to lane: sent and received, released and acquired.
    pub hand_overs: Vec<HandOver>,
    /// The step line below the lanes, if the picture is about how many.
    pub at_once: Option<AtOnce>,
    /// The line below the lanes, if the picture is about how much there is of something.
    pub level: Option<Level>,
}

/// What a time axis counts. Nothing that was not measured has a unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Recorded events, one after another: order without duration.
    Steps,
    /// Milliseconds of a clock that the program itself moves.
    VirtualMilliseconds,
    /// Milliseconds of the wall clock, rounded.
    Milliseconds,
}

/// One row of the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// `worker 1`, `thread 2`, `fetch /a`.
    pub name: String,
    /// In the order of their starts.
    pub spans: Vec<Span>,
    /// When the lane waited for another.
    pub waits: Vec<Wait>,
    /// Points in time.
    pub instants: Vec<Instant>,
}

/// A piece of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// `job 3`
    pub label: String,
    /// When it began.
    pub start: u64,
    /// When it ended; `None` while it runs off the picture's edge.
    pub end: Option<u64>,
    /// What became of it.
    pub outcome: Outcome,
    /// Set on the one span that breaks the rule: a short remark that says which.
    pub broken_rule: Option<String>,
}

/// What a span came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It ended as it should.
    Done,
    /// It was told to stop, or dropped.
    Cancelled,
    /// It ended with an error.
    Failed,
    /// It panicked.
    Panicked,
    /// It had not ended when the picture was taken.
    Open,
}

/// A stretch of waiting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// What is waited for.
    pub label: String,
    /// When it began.
    pub start: u64,
    /// When it ended; `None` while it still lasts.
    pub end: Option<u64>,
}

/// A point in time on a lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instant {
    /// `panicked here`
    pub label: String,
    /// When.
    pub at: u64,
    /// Asked for, or got.
    pub kind: InstantKind,
    /// Set on the one instant that breaks the rule: a short remark that says which.
    pub broken_rule: Option<String>,
}

/// Whether a point asks or answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstantKind {
    /// Drawn hollow.
    Asked,
    /// Drawn filled.
    Granted,
}

/// A moment that concerns all lanes: a vertical line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// `drop(pool) returned`
    pub label: String,
    /// When.
    pub at: u64,
}

/// Something went from one lane to another: an arrow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// Lane's index and time of leaving.
    pub from: (usize, u64),
    /// Lane's index and time of arrival.
    pub to: (usize, u64),
}

/// Asks for the step line that counts the open spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtOnce {
    /// Drawn dashed: how many there may be.
    pub limit: Option<usize>,
}

/// How much there is of something over time: tokens, permits, a queue's length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// `tokens`
    pub name: String,
    /// In the order of their times. Two at one time are a jump.
    pub points: Vec<Point>,
    /// What the line does from point to point.
    pub between: Between,
    /// Drawn dashed: how much there may be.
    pub cap: Option<u64>,
}

/// How much there was at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// When.
    pub at: u64,
    /// How much.
    pub value: u64,
}

/// What a line does between two points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Between {
    /// It stays what it was until the next point.
    Step,
    /// It goes straight to the next point.
    Ramp,
}

impl Lane {
    /// Whether nothing happened on it.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.waits.is_empty() && self.instants.is_empty()
    }
}

impl Timeline {
    /// The last time in the picture.
    pub fn end(&self) -> u64 {
        let lanes = self.lanes.iter().flat_map(|lane| {
            let spans = lane
                .spans
                .iter()
                .map(|span| span.end.unwrap_or(span.start + 1));
            let waits = lane
                .waits
                .iter()
                .map(|wait| wait.end.unwrap_or(wait.start + 1));
            let instants = lane.instants.iter().map(|instant| instant.at);
            spans.chain(waits).chain(instants)
        });
        let moments = self.moments.iter().map(|moment| moment.at);
        let level = self.level.iter().flat_map(|level| &level.points);
        let level = level.map(|point| point.at);
        lanes.chain(moments).chain(level).max().unwrap_or(0)
    }

    /// Takes out the lanes that `keep` does not want, and what was handed from or to them.
    pub fn retain_lanes(&mut self, keep: impl Fn(&Lane) -> bool) {
        let kept: Vec<bool> = self.lanes.iter().map(keep).collect();
        let new = |old: usize| kept[..old].iter().filter(|kept| **kept).count();
        self.hand_overs
            .retain(|hand_over| kept[hand_over.from.0] && kept[hand_over.to.0]);
        for hand_over in &mut self.hand_overs {
            hand_over.from.0 = new(hand_over.from.0);
            hand_over.to.0 = new(hand_over.to.0);
        }
        let mut keeps = kept.iter();
        self.lanes.retain(|_| keeps.next() == Some(&true));
    }

    /// Numbers the steps anew, without those at which nothing in the picture happens.
    pub fn close_gaps(&mut self) {
        let mut times: Vec<u64> = Vec::new();
        self.for_each_time(|time| times.push(*time));
        times.sort_unstable();
        times.dedup();
        self.for_each_time(|time| *time = times.partition_point(|other| other < time) as u64);
    }

    fn for_each_time(&mut self, mut visit: impl FnMut(&mut u64)) {
        for lane in &mut self.lanes {
            for span in &mut lane.spans {
                visit(&mut span.start);
                span.end.iter_mut().for_each(&mut visit);
            }
            for wait in &mut lane.waits {
                visit(&mut wait.start);
                wait.end.iter_mut().for_each(&mut visit);
            }
            lane.instants
                .iter_mut()
                .for_each(|instant| visit(&mut instant.at));
        }
        self.moments
            .iter_mut()
            .for_each(|moment| visit(&mut moment.at));
        for hand_over in &mut self.hand_overs {
            visit(&mut hand_over.from.1);
            visit(&mut hand_over.to.1);
        }
        if let Some(level) = &mut self.level {
            for point in &mut level.points {
                visit(&mut point.at);
            }
        }
    }
}
