//! What stands around the lanes: the moments above, the step line and the axis below.

use std::fmt::Display;

use super::glyphs::Glyphs;
use super::row::{Ink, Row};
use super::scale::Scale;
use crate::timeline::axis::round_ticks;
use crate::timeline::{Level, Moment, Timeline};

/// The labels of the moments, each over its column, in as few rows as they need.
pub(super) fn moments(moments: &[Moment], scale: Scale, room: usize, glyphs: &Glyphs) -> Vec<Row> {
    let mut sorted: Vec<&Moment> = moments.iter().collect();
    sorted.sort_by_key(|moment| moment.at);
    // From the bottom row up, the latest first: so no earlier one's line has to pass a later label.
    let mut rows: Vec<(Row, Vec<usize>)> = Vec::new();
    for moment in sorted.into_iter().rev() {
        let column = scale.column(moment.at);
        let (at, text) = place_moment(&moment.label, column, room, glyphs);
        let width = text.chars().count();
        let free = rows
            .iter()
            .position(|(row, _)| row.is_free(at.saturating_sub(2)..at + width + 2));
        let level = free.unwrap_or_else(|| {
            rows.push((Row::default(), Vec::new()));
            rows.len() - 1
        });
        rows[level].0.write(at, &text, Ink::Moment);
        for (_, passing) in &mut rows[..level] {
            passing.push(column);
        }
    }
    rows.into_iter()
        .rev()
        .map(|(mut row, passing)| {
            for column in passing {
                row.cross(column, glyphs.line_of_moment);
            }
            row
        })
        .collect()
}

/// The label on the side of its column that has the room.
fn place_moment(label: &str, column: usize, room: usize, glyphs: &Glyphs) -> (usize, String) {
    let head = glyphs.moment_head;
    let right = room.saturating_sub(column + 2);
    let length = glyphs.clean(label).chars().count();
    if length <= right || right >= column {
        (column, format!("{head} {}", glyphs.shorten(label, right)))
    } else {
        let text = glyphs.shorten(label, column.saturating_sub(1));
        let at = column - 1 - text.chars().count().min(column - 1);
        (at, format!("{text} {head}"))
    }
}

/// The most that were open at once in each column.
pub(super) fn at_once(timeline: &Timeline, scale: Scale, glyphs: &Glyphs) -> Row {
    let mut row = Row::default();
    let limit = timeline.at_once.and_then(|at_once| at_once.limit);
    let levels = column_levels(&timeline.at_once(), scale);
    write_levels(&mut row, &levels, limit, glyphs);
    row
}

/// How much there was in each column: at its beginning, or more if there was more for a moment.
pub(super) fn level(level: &Level, scale: Scale, glyphs: &Glyphs) -> Row {
    let mut row = Row::default();
    let peak = |column| {
        let points = level.points.iter();
        let in_column =
            points.filter(|point| scale.column(point.at).min(scale.columns - 1) == column);
        in_column.map(|point| point.value).max()
    };
    let levels: Vec<Option<u64>> = (0..scale.columns)
        .map(|column| {
            let part = (column as u64).saturating_mul(scale.end);
            level.at(part, scale.columns as u64).max(peak(column))
        })
        .collect();
    write_levels(&mut row, &levels, level.cap, glyphs);
    row
}

fn write_levels<L: Copy + Ord + Display>(
    row: &mut Row,
    levels: &[Option<L>],
    limit: Option<L>,
    glyphs: &Glyphs,
) {
    let mut column = 0;
    for same in levels.chunk_by(|a, b| a == b) {
        if let Some(level) = same[0] {
            let over = limit.is_some_and(|limit| level > limit);
            let ink = if over { Ink::Broken } else { Ink::Work };
            write_level(row, column, same.len(), &level.to_string(), ink, glyphs);
        }
        column += same.len();
    }
}

fn column_levels(steps: &[(u64, usize)], scale: Scale) -> Vec<Option<usize>> {
    let mut levels = vec![None; scale.columns];
    for (index, &(start, level)) in steps.iter().enumerate() {
        let next = steps.get(index + 1).map(|step| step.0);
        if next.is_none() && level == 0 {
            continue;
        }
        for column in scale.cells(start, next) {
            levels[column] = levels[column].max(Some(level));
        }
    }
    levels
}

/// One digit a column; a number of several digits once, with a line behind.
fn write_level(row: &mut Row, at: usize, width: usize, digits: &str, ink: Ink, glyphs: &Glyphs) {
    if digits.len() == 1 {
        row.write(at, &digits.repeat(width), ink);
        return;
    }
    row.fill(at..at + width, glyphs.line, ink);
    // With a blank's room behind, so that it does not run into the next number.
    if digits.len() < width {
        row.write(at, digits, ink);
    }
}

/// The axis and the row of its numbers: where the moments are, where all ends, and at round numbers
/// between.
pub(super) fn axis(timeline: &Timeline, scale: Scale, glyphs: &Glyphs) -> (Row, Row) {
    let mut line = Row::default();
    let mut numbers = Row::default();
    line.fill(0..scale.columns, glyphs.line, Ink::Quiet);
    let widest = scale.end.to_string().len();
    let round = round_ticks(scale.end, scale.columns / (widest + 5) + 1);
    let times = timeline.moments.iter().map(|moment| moment.at);
    for at in times.chain(timeline.duration()).chain(round) {
        let column = scale.column(at);
        let number = at.to_string();
        let around = column.saturating_sub(1)..column + number.len() + 1;
        if numbers.is_free(around) {
            numbers.write(column, &number, Ink::Quiet);
            line.fill(column..column + 1, glyphs.tick, Ink::Quiet);
        }
    }
    (line, numbers)
}
