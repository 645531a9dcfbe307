//! Timelines as text, for a terminal or a log.
//!
//! ```text
//!   thread 1 │███ job 0 ███
//!   thread 2 │ ███ job 1 ███
//!   thread 3 │  ███ job 2 ███
//!   thread 4 │   ▓▓▓ job 3 ▓▓▓  ← one more than the pool has workers
//!    at once │1234444444444321    limit 3
//!            └┬─────────┬─────
//!             0         10     steps
//! ```

mod frame;
mod glyphs;
mod hand_over;
mod lane;
mod page;
mod row;
mod scale;
mod schedule;
mod style;

pub use style::{Colour, Style, Symbols};

use super::{Lane, Timeline};
use glyphs::Glyphs;
use hand_over::HandOvers;
use page::{Note, Page};
use row::Ink;
use scale::Scale;

/// More lanes than these do not fit on a screen beside the sentence that they prove.
const MOST_LANES: usize = 12;

/// The step line's name.
const AT_ONCE: &str = "at once";

/// Draws the picture alone: its heading is the caller's. Every line ends with a line feed, and none
/// is longer than the style's width.
///
/// A learner who sees it should guess the mistake before reading the sentence: the span that breaks
/// a rule has a shade of its own and a remark behind it, and what a span came to is told by the
/// sign at its end (`×` cancelled, `!` failed or panicked, `›` not ended).
pub fn render(timeline: &Timeline, style: &Style) -> String {
    let glyphs = Glyphs::of(style.symbols);
    if timeline.lanes.is_empty() {
        return "  nothing was recorded\n".to_owned();
    }
    let names = shown(timeline)
        .filter_map(|line| match line {
            Shown::Lane(_, lane) => Some(lane.name.as_str()),
            Shown::Elided(_) => None,
        })
        .chain(timeline.at_once.map(|_| AT_ONCE))
        .chain(timeline.level.iter().map(|level| level.name.as_str()));
    let blank = Page::new(names, style, glyphs);
    let last_number = timeline.axis_end().to_string().len();
    let room = blank.room().saturating_sub(last_number);
    let best = Scale::candidates(timeline.axis_end(), room)
        .into_iter()
        .map(|scale| draw(blank.clone(), timeline, scale, glyphs))
        .min_by_key(|page| page.flaws);
    let schedule = match &best {
        Some(page) if page.flaws.labels_lost == 0 => None,
        _ => schedule::draw(timeline, style, glyphs),
    };
    schedule
        .or_else(|| best.map(|page| page.print()))
        .unwrap_or_default()
}

/// A line among the lanes.
enum Shown<'a> {
    Lane(usize, &'a Lane),
    /// So many lanes are left out here.
    Elided(usize),
}

/// The first lanes, and the one that the picture is about.
fn shown(timeline: &Timeline) -> impl Iterator<Item = Shown<'_>> {
    let all = timeline.lanes.len() <= MOST_LANES;
    let keep = move |index: usize, lane: &Lane| {
        let broken = lane.spans.iter().any(|span| span.broken_rule.is_some())
            || lane.instants.iter().any(|at| at.broken_rule.is_some());
        all || index + 1 < MOST_LANES || broken
    };
    let lanes: Vec<(usize, &Lane)> = timeline.lanes.iter().enumerate().collect();
    let runs: Vec<Vec<(usize, &Lane)>> = lanes
        .chunk_by(|a, b| keep(a.0, a.1) == keep(b.0, b.1))
        .map(<[_]>::to_vec)
        .collect();
    runs.into_iter().flat_map(move |run| {
        if keep(run[0].0, run[0].1) {
            run.into_iter()
                .map(|(index, lane)| Shown::Lane(index, lane))
                .collect()
        } else {
            vec![Shown::Elided(run.len())]
        }
    })
}

fn draw(mut page: Page, timeline: &Timeline, scale: Scale, glyphs: &Glyphs) -> Page {
    page.flaws.uneven = !scale.is_even();
    for row in frame::moments(&timeline.moments, scale, page.room(), glyphs) {
        page.unframed(&row);
    }
    let lines: Vec<Shown> = shown(timeline).collect();
    let next_to = |upper: usize| {
        lines.windows(2).any(|pair| match pair {
            [Shown::Lane(index, _), Shown::Lane(..)] => *index == upper,
            _ => false,
        })
    };
    let hand_overs = HandOvers::draw(timeline, scale, glyphs, next_to);
    for line in &lines {
        match line {
            Shown::Lane(index, lane) => {
                let (row, labels_lost) =
                    lane::draw(lane, &timeline.moments, scale, page.room(), glyphs);
                page.framed(&lane.name, &row);
                page.flaws.labels_lost += labels_lost;
                note_remarks(&mut page, lane, scale);
                if let Some(arrows) = hand_overs.under(*index) {
                    page.framed("", arrows);
                }
            }
            Shown::Elided(count) => {
                let noun = if *count == 1 { "lane" } else { "lanes" };
                page.plain(&format!("{} {count} more {noun}", glyphs.ellipsis));
            }
        }
    }
    if let Some(at_once) = timeline.at_once {
        page.framed(AT_ONCE, &frame::at_once(timeline, scale, glyphs));
        if let Some(limit) = at_once.limit {
            note_quietly(&mut page, &format!("limit {limit}"), 0);
        }
    }
    if let Some(level) = &timeline.level {
        page.framed(&level.name, &frame::level(level, scale, glyphs));
        if let Some(cap) = level.cap {
            let most = match level.most() {
                most if most > cap => format!(", reached {most}"),
                _ => String::new(),
            };
            note_quietly(&mut page, &format!("cap {cap}{most}"), 0);
        }
    }
    let (line, numbers) = frame::axis(timeline, scale, glyphs);
    page.cornered(&line);
    page.unframed(&numbers);
    let unit = timeline.unit.axis_label();
    note_quietly(&mut page, unit, scale.columns.saturating_sub(unit.len()));
    for line in &hand_overs.listed {
        page.plain(line);
    }
    page
}

fn note_remarks(page: &mut Page, lane: &Lane, scale: Scale) {
    let spans = lane.spans.iter().map(|span| {
        let cells = scale.cells(span.start, span.end);
        (&span.broken_rule, cells.start)
    });
    let instants = lane.instants.iter();
    let instants = instants.map(|instant| (&instant.broken_rule, scale.column(instant.at)));
    for (remark, column) in spans.chain(instants) {
        if let Some(remark) = remark {
            page.note(Note {
                text: remark,
                ink: Ink::Broken,
                gap: 2,
                column,
                points: true,
            });
        }
    }
}

fn note_quietly(page: &mut Page, text: &str, column: usize) {
    page.note(Note {
        text,
        ink: Ink::Quiet,
        gap: 4,
        column,
        points: false,
    });
}
