//! One step after another, a line each and a column for each lane: for orders of many short steps,
//! whose labels find no room side by side. Where the columns find none either, each line begins with
//! its lane's name.

use super::Style;
use super::glyphs::Glyphs;
use super::row::{Ink, Row};
use crate::timeline::{Lane, Span, Timeline, Unit};

const INDENT: usize = 2;
/// Between two columns.
const GAP: usize = 2;
/// A label that is cut shorter than this says nothing.
const LEAST_LABEL: usize = 16;

/// Draws the schedule; `None` if the picture is none.
pub(super) fn draw(timeline: &Timeline, style: &Style, glyphs: &Glyphs) -> Option<String> {
    let mut steps = steps(timeline)?;
    steps.sort_by_key(|(_, span)| span.start);
    let count = steps.len().to_string().len();
    let first = INDENT + count + GAP;
    let mut left = first;
    let mut columns = Vec::new();
    for lane in &timeline.lanes {
        columns.push(left);
        left += width(lane, glyphs) + GAP;
    }
    let mut out = String::new();
    let side_by_side = left <= style.width;
    if side_by_side {
        let mut heading = Row::default();
        for (lane, column) in timeline.lanes.iter().zip(&columns) {
            heading.write(*column, &glyphs.clean(&lane.name), Ink::Moment);
        }
        print(&heading, style, &mut out);
    } else {
        let names = timeline.lanes.iter().map(|lane| length(&lane.name, glyphs));
        let behind_names = first + names.max().unwrap_or(0) + GAP;
        columns.fill(behind_names);
        if behind_names + LEAST_LABEL > style.width {
            return None;
        }
    }
    for (number, (lane, span)) in steps.into_iter().enumerate() {
        let mut row = Row::default();
        row.write(INDENT, &format!("{:>count$}", number + 1), Ink::Quiet);
        let broken = span.broken_rule.as_deref();
        let ink = if broken.is_some() {
            Ink::Broken
        } else {
            Ink::Plain
        };
        if !side_by_side {
            let name = &timeline.lanes[lane].name;
            row.write(first, &glyphs.clean(name), Ink::Moment);
        }
        let room = style.width - columns[lane];
        row.write(columns[lane], &glyphs.shorten(&span.label, room), ink);
        let Some(remark) = broken else {
            print(&row, style, &mut out);
            continue;
        };
        let behind = format!("{}{}", glyphs.behind, glyphs.clean(remark));
        if row.used() + GAP + behind.chars().count() <= style.width {
            row.write(row.used() + GAP, &behind, Ink::Broken);
            print(&row, style, &mut out);
        } else {
            print(&row, style, &mut out);
            let room = style.width - INDENT;
            let below = glyphs.shorten(&format!("{} {remark}", glyphs.below), room);
            let mut row = Row::default();
            let at = columns[lane].min(style.width - below.chars().count());
            row.write(at, &below, Ink::Broken);
            print(&row, style, &mut out);
        }
    }
    Some(out)
}

/// Each span with its lane, if nothing else was recorded and every one is a step of its own.
fn steps(timeline: &Timeline) -> Option<Vec<(usize, &Span)>> {
    let only_spans = timeline.unit == Unit::Steps
        && timeline.moments.is_empty()
        && timeline.hand_overs.is_empty()
        && timeline.at_once.is_none()
        && (timeline.lanes.iter()).all(|lane| lane.waits.is_empty() && lane.instants.is_empty());
    let lanes = timeline.lanes.iter().enumerate();
    let spans: Vec<(usize, &Span)> = lanes
        .flat_map(|(index, lane)| lane.spans.iter().map(move |span| (index, span)))
        .collect();
    let mut starts: Vec<u64> = spans.iter().map(|(_, span)| span.start).collect();
    starts.sort_unstable();
    starts.dedup();
    let one_at_a_time = starts.len() == spans.len()
        && (spans.iter()).all(|(_, span)| span.end == Some(span.start + 1));
    (only_spans && one_at_a_time).then_some(spans)
}

fn width(lane: &Lane, glyphs: &Glyphs) -> usize {
    let labels = lane.spans.iter().map(|span| span.label.as_str());
    labels
        .chain([lane.name.as_str()])
        .map(|text| length(text, glyphs))
        .max()
        .unwrap_or(0)
}

fn length(text: &str, glyphs: &Glyphs) -> usize {
    glyphs.clean(text).chars().count()
}

fn print(row: &Row, style: &Style, out: &mut String) {
    row.print(out, style.colour);
    out.push('\n');
}
