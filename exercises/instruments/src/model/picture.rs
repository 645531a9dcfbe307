//! One order as a timeline: a lane a thread, a span an operation.

use super::names;
use super::tape::{Event, Tape, What};
use crate::timeline::{Lane, Outcome, Span, Timeline, Unit};

/// Draws `tape`, with what explains it marked: a load that returned an old value, else a store
/// over a value that the thread had not seen.
pub(super) fn draw(tape: &Tape, proves: &str) -> Timeline {
    let names = names::of(tape);
    let marked = stale(tape).or_else(|| blind(tape));
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
            broken_rule: marked
                .as_ref()
                .filter(|(marked, _)| *marked == at)
                .map(|(_, remark)| remark.clone()),
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
        What::Refused { found } => format!("stays {found}"),
        What::Other(what) => what.clone(),
    }
}

/// The last load that returned an old value.
fn stale(tape: &Tape) -> Option<(usize, String)> {
    let mut loads = tape.events.iter().enumerate().rev();
    loads.find_map(|(at, event)| match &event.what {
        What::Load {
            instead_of: Some((newest, by)),
            ..
        } => Some((at, format!("old: {by} had stored {newest}"))),
        _ => None,
    })
}

/// The last write to what another thread wrote since the writing thread loaded: a store over a value
/// that it had not seen, or a change of one.
fn blind(tape: &Tape) -> Option<(usize, String)> {
    let mut events = tape.events.iter().enumerate().rev();
    events.find_map(|(at, write)| {
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
    })
}
