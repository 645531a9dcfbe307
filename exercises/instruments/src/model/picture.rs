//! One order as a timeline: a lane a thread, a span an operation.

use std::collections::BTreeMap;

use super::names;
use super::tape::{Event, Tape, What};
use crate::timeline::{Lane, Outcome, Span, Timeline, Unit};

/// Draws `tape`, with what explains it marked: weak exchanges that failed for no reason, else loads
/// that returned an old value, else a store over a value that the thread had not seen.
pub(super) fn draw(tape: &Tape, proves: &str) -> Timeline {
    let names = names::of(tape);
    let marked = [failed_for_no_reason(tape), stale(tape), blind(tape)];
    let marked = marked.into_iter().find(|marks| !marks.is_empty());
    let mut marked = marked.unwrap_or_default();
    let mut lanes: Vec<Lane> = Vec::new();
    for (at, event) in tape.events.iter().enumerate() {
        let index = lanes.iter().position(|lane| lane.name == event.thread);
        let index = index.unwrap_or_else(|| {
            lanes.push(Lane {
                name: event.thread.clone(),
                spans: Vec::new(),
                waits: Vec::new(),
                instants: Vec::new(),
            });
            lanes.len() - 1
        });
        let what = describe(&event.what);
        let at_step = at as u64;
        lanes[index].spans.push(Span {
            label: match event.cell {
                Some(cell) => format!("{} {what}", names[cell]),
                None => what,
            },
            start: at_step,
            end: Some(at_step + 1),
            outcome: Outcome::Done,
            broken_rule: marked.remove(&at),
        });
    }
    Timeline {
        title: String::new(),
        proves: proves.to_owned(),
        unit: Unit::Steps,
        lanes,
        moments: Vec::new(),
        hand_overs: Vec::new(),
        at_once: None,
        level: None,
    }
}

/// Short, for there are many beside each other: `ready → false` is a load, `ready = true` a store.
fn describe(what: &What) -> String {
    match what {
        What::Load { got, .. } => format!("→ {got}"),
        What::Store(value) => format!("= {value}"),
        What::Replace { before, after } => format!("{before} → {after}"),
        What::Refused { found } | What::FailedForNoReason { found } => format!("stays {found}"),
        What::Other(what) => what.clone(),
    }
}

/// Remarks, each at its event.
type Marks = BTreeMap<usize, String>;

fn failed_for_no_reason(tape: &Tape) -> Marks {
    let events = tape.events.iter().enumerate();
    let failed = events.filter(|(_, event)| matches!(event.what, What::FailedForNoReason { .. }));
    failed
        .map(|(at, _)| (at, "fails for no reason".to_owned()))
        .collect()
}

/// All loads that returned an old value; the last says of which store.
fn stale(tape: &Tape) -> Marks {
    let events = tape.events.iter().enumerate();
    let mut marks: Marks = events
        .filter_map(|(at, event)| match &event.what {
            What::Load {
                instead_of: Some((newest, by)),
                ..
            } => Some((at, format!("old: {by} had stored {newest}"))),
            _ => None,
        })
        .collect();
    for remark in marks.values_mut().rev().skip(1) {
        "old".clone_into(remark);
    }
    marks
}

/// The last write to what another thread wrote since the writing thread loaded: a store over a value
/// that it had not seen, or a change of one.
fn blind(tape: &Tape) -> Marks {
    let mut events = tape.events.iter().enumerate().rev();
    let found = events.find_map(|(at, write)| {
        write.what.written()?;
        let others = |event: &&Event| event.thread != write.thread;
        let before = tape.events[..at].iter().rev();
        let unseen = before
            .filter(|event| event.cell == write.cell)
            .take_while(others)
            .find_map(|event| Some((event.what.written()?, &event.thread)))?;
        let own = tape.events[..at]
            .iter()
            .rfind(|event| event.cell == write.cell && event.thread == write.thread)?;
        let What::Load { got, .. } = &own.what else {
            return None;
        };
        let (value, thread) = unseen;
        match &write.what {
            What::Store(_) => Some((at, format!("overwrites the {value} of {thread}"))),
            What::Replace { before, .. } if before != got => {
                Some((at, format!("{thread} had made it {before}")))
            }
            _ => None,
        }
    });
    found.into_iter().collect()
}
