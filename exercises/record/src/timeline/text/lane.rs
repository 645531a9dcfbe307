//! One lane: its waits, spans and instants, and the labels that find room among them.

use std::ops::Range;

use super::glyphs::Glyphs;
use super::row::{Ink, Row};
use super::scale::Scale;
use crate::timeline::{Instant, Lane, Moment, Outcome, Span, Wait};

/// Draws a lane's row, but for the remark, and counts the spans whose label found no room.
pub(super) fn draw(
    lane: &Lane,
    moments: &[Moment],
    scale: Scale,
    room: usize,
    glyphs: &Glyphs,
) -> (Row, usize) {
    let mut row = Row::default();
    let mut homeless = Vec::new();
    for wait in &lane.waits {
        draw_wait(&mut row, wait, scale, glyphs);
    }
    let (broken, kept): (Vec<&Span>, Vec<&Span>) = lane
        .spans
        .iter()
        .partition(|span| span.broken_rule.is_some());
    // The broken one last: where cells are scarce, it must not be covered.
    for span in kept.into_iter().chain(broken) {
        homeless.extend(draw_span(&mut row, span, lane, scale, glyphs));
    }
    let instants = draw_instants(&mut row, &lane.instants, scale, glyphs);
    let lost = homeless
        .into_iter()
        .map(|label| label.settle(&mut row, room))
        .filter(|settled| !settled)
        .count();
    for label in instants {
        label.settle(&mut row, room);
    }
    for moment in moments {
        row.cross(scale.column(moment.at), glyphs.line_of_moment);
    }
    (row, lost)
}

/// A label that is to stand behind the cells it belongs to.
struct Behind {
    /// The cells, without the last one's mark.
    inside: Range<usize>,
    /// The first cell behind them.
    at: usize,
    text: String,
    ink: Ink,
}

impl Behind {
    /// Writes it, if nothing else stands there; else its number alone into the cells, so that
    /// `row 2` can still be followed from lane to lane. Says whether all of it is there.
    fn settle(self, row: &mut Row, room: usize) -> bool {
        let width = self.text.chars().count();
        // One blank behind, so that it belongs to nothing else.
        if self.at + width <= room && row.is_free(self.at..self.at + width + 1) {
            row.write(self.at, &self.text, Ink::Plain);
            return true;
        }
        if let Some((_, number)) = self.text.rsplit_once(' ')
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && self.inside.len() > number.len()
        {
            let blank = self.inside.len() - number.len();
            row.write(self.inside.start + blank.div_ceil(2), number, self.ink);
        }
        false
    }
}

fn draw_wait(row: &mut Row, wait: &Wait, scale: Scale, glyphs: &Glyphs) {
    let cells = scale.cells(wait.start, wait.end);
    row.fill(cells.clone(), glyphs.wait, Ink::Quiet);
    write_inside(row, cells.clone(), &glyphs.clean(&wait.label), Ink::Quiet);
    if wait.end.is_none() {
        row.write(cells.end - 1, &glyphs.more.to_string(), Ink::Quiet);
    }
}

fn draw_span(
    row: &mut Row,
    span: &Span,
    lane: &Lane,
    scale: Scale,
    glyphs: &Glyphs,
) -> Option<Behind> {
    let cells = scale.cells(span.start, span.end);
    let (fill, ink) = if span.broken_rule.is_some() {
        (glyphs.broken, Ink::Broken)
    } else {
        (glyphs.fill(span.outcome), ink(span.outcome))
    };
    row.fill(cells.clone(), fill, ink);
    let touches = lane
        .spans
        .iter()
        .any(|next| span.end == Some(next.start) && span.start < next.start);
    let mark = glyphs
        .end_mark(span.outcome)
        .or_else(|| (touches && fill == glyphs.fill(Outcome::Done)).then_some(glyphs.seam));
    let mut inside = cells.clone();
    if let Some(mark) = mark.filter(|mark| cells.len() > 1 || *mark != ' ') {
        inside.end -= 1;
        row.write(inside.end, &mark.to_string(), ink);
    }
    let label = glyphs.clean(&span.label);
    let fits = write_inside(row, inside.clone(), &label, ink);
    (!fits && !label.is_empty()).then(|| Behind {
        inside,
        at: cells.end,
        text: format!(" {label}"),
        ink,
    })
}

fn ink(outcome: Outcome) -> Ink {
    match outcome {
        Outcome::Failed | Outcome::Panicked => Ink::Ended,
        Outcome::Done | Outcome::Cancelled | Outcome::Open => Ink::Work,
    }
}

/// Writes a label amid its fill, or says that it does not fit.
fn write_inside(row: &mut Row, cells: Range<usize>, label: &str, ink: Ink) -> bool {
    let width = label.chars().count();
    if label.is_empty() || cells.len() < width + 2 {
        return false;
    }
    let (padded, width) = if cells.len() >= width + 4 {
        (format!(" {label} "), width + 2)
    } else {
        (label.to_owned(), width)
    };
    row.write(
        cells.start + (cells.len() - width).div_ceil(2),
        &padded,
        ink,
    );
    true
}

/// Several instants in one column are one dot and their number.
fn draw_instants(
    row: &mut Row,
    instants: &[Instant],
    scale: Scale,
    glyphs: &Glyphs,
) -> Vec<Behind> {
    let column = |instant: &Instant| scale.column(instant.at);
    let mut labels = Vec::new();
    for same in instants.chunk_by(|a, b| column(a) == column(b) && a.kind == b.kind) {
        let at = column(&same[0]);
        let broken = same.iter().any(|instant| instant.broken_rule.is_some());
        let ink = if broken { Ink::Broken } else { Ink::Work };
        row.write(at, &glyphs.instant(same[0].kind).to_string(), ink);
        let text = match same {
            [only] if only.label.is_empty() => continue,
            [only] => format!(" {}", glyphs.clean(&only.label)),
            several => format!("{}{}", glyphs.times, several.len()),
        };
        labels.push(Behind {
            inside: at..at + 1,
            at: at + 1,
            text,
            ink,
        });
    }
    labels
}
