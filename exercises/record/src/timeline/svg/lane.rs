//! One lane: its waits, spans and instants, and the labels that find room among them.

use std::ops::Range;

use super::Picture;
use super::layout::{Axis, BAR, EDGE, LABEL_SIZE, NAME_GAP, NAME_SIZE, NOTE_SIZE, Row};
use super::px::{Px, px, shorten, text_width};
use super::words;
use crate::timeline::{Instant, InstantKind, Lane, Moment, Outcome, Span, Timeline};

/// White space on either side of a label in its bar.
const PADDING: Px = px(6);
/// Room for the sign at a bar's end.
const MARK: Px = px(13);
/// Between a bar and what stands behind it.
const BEHIND: Px = px(6);

/// Draws the lane.
pub(super) fn draw(svg: &mut Picture, timeline: &Timeline, lane: &Lane, axis: &Axis, row: Row) {
    let name = shorten(&lane.name, NAME_SIZE, axis.left - NAME_GAP);
    svg.text("lane", axis.left - NAME_GAP, row.text(), &name);
    svg.line("rail", (axis.left, row.middle), (axis.right, row.middle));
    for wait in &lane.waits {
        let bar = axis.bar(wait.start, wait.end);
        svg.open_group("wait", &words::wait(wait, lane, timeline.unit), false);
        svg.line(
            "",
            (bar.start + px(3), row.middle),
            (bar.end - px(2), row.middle),
        );
        if text_width(&wait.label, NOTE_SIZE) + px(20) <= bar.end - bar.start {
            let middle = bar.start + (bar.end - bar.start).half();
            svg.text("label", middle, row.text(), &wait.label);
        }
        if wait.end.is_none() {
            svg.text("mark", bar.end, row.text(), "›");
        }
        svg.close_group();
    }
    let mut taken = Taken::by(lane, &timeline.moments, axis);
    for span in &lane.spans {
        let words = words::span(span, lane, timeline.unit);
        draw_span(svg, span, &words, &mut taken, axis, row);
    }
    for same in at_one_time(&lane.instants) {
        let words = words::instants(same, lane, timeline.unit);
        draw_instants(svg, same, &words, &mut taken, axis, row);
    }
}

/// Whether the lane's remark needs a row of its own.
pub(super) fn has_note_below(lane: &Lane, moments: &[Moment], axis: &Axis) -> bool {
    let mut taken = Taken::by(lane, moments, axis);
    let span = lane.spans.iter().any(|span| {
        let label = Label::of(span, &mut taken, axis);
        let remark = span.broken_rule.as_ref();
        remark.is_some_and(|remark| taken.take_remark(remark, span, &label, axis).is_none())
    });
    span || at_one_time(&lane.instants).any(|same| {
        let (_, behind) = instants_label(same, &mut taken, axis);
        broken_rule(same)
            .is_some_and(|remark| taken.take_behind(behind, remark, NOTE_SIZE).is_none())
    })
}

fn broken_rule(same: &[Instant]) -> Option<&str> {
    same.iter()
        .find_map(|instant| instant.broken_rule.as_deref())
}

/// The label of instants at one time with its place, if it found one, and where it ends.
fn instants_label(same: &[Instant], taken: &mut Taken, axis: &Axis) -> (Option<(Px, String)>, Px) {
    let label = match same {
        [only] => only.label.clone(),
        several => format!("×{}", several.len()),
    };
    let behind = axis.x(same[0].at) + px(6);
    match taken.take_behind(behind, &label, NOTE_SIZE) {
        Some(at) => {
            let end = at + text_width(&label, NOTE_SIZE);
            (Some((at, label)), end + px(4))
        }
        None => (None, behind),
    }
}

fn draw_instants(
    svg: &mut Picture,
    same: &[Instant],
    words: &str,
    taken: &mut Taken,
    axis: &Axis,
    row: Row,
) {
    let kind = match same[0].kind {
        InstantKind::Asked => "asked",
        InstantKind::Granted => "granted",
    };
    let remark = broken_rule(same);
    let broken = remark.map_or("", |_| " broken");
    let x = axis.x(same[0].at);
    svg.open_group(&format!("instant {kind}{broken}"), words, false);
    svg.circle(x, row.middle);
    let (label, behind) = instants_label(same, taken, axis);
    if let Some((at, label)) = label {
        svg.text("label", at, row.text(), &label);
    }
    if let Some(remark) = remark {
        match taken.take_behind(behind, remark, NOTE_SIZE) {
            Some(at) => svg.text("remark", at, row.text(), remark),
            None => draw_note_below(svg, remark, x, axis, row),
        }
    }
    svg.close_group();
}

/// A remark on a line of its own, with a pointer up to what it is about.
fn draw_note_below(svg: &mut Picture, remark: &str, edge: Px, axis: &Axis, row: Row) {
    let remark = shorten(remark, NOTE_SIZE, EDGE - axis.left);
    let x = (edge + px(5)).min(EDGE - text_width(&remark, NOTE_SIZE));
    // Down to the remark's line if it starts behind the pointer, else only as far as above it.
    let foot = if x > edge {
        row.note
    } else {
        row.bottom() + px(4)
    };
    svg.line("pointer", (edge, row.bottom()), (edge, foot));
    svg.text("remark", x, row.note, &remark);
}

fn at_one_time(instants: &[Instant]) -> impl Iterator<Item = &[Instant]> {
    instants.chunk_by(|a, b| a.at == b.at && a.kind == b.kind)
}

fn draw_span(
    svg: &mut Picture,
    span: &Span,
    words: &str,
    taken: &mut Taken,
    axis: &Axis,
    row: Row,
) {
    let bar = axis.bar(span.start, span.end);
    let outcome = match span.outcome {
        Outcome::Done => "done",
        Outcome::Cancelled => "cancelled",
        Outcome::Failed => "failed",
        Outcome::Panicked => "panicked",
        Outcome::Open => "open",
    };
    let broken = span.broken_rule.as_ref().map_or("", |_| " broken");
    svg.open_group(&format!("span {outcome}{broken}"), words, true);
    svg.rect(bar.clone(), row.top()..row.top() + BAR);
    let label = Label::of(span, taken, axis);
    match &label {
        Label::Inside(x, text) => svg.text("label", *x, row.text(), text),
        Label::Behind(x, text) => svg.text("label outside", *x, row.text(), text),
        Label::Lost => {}
    }
    if let Some(mark) = mark(span.outcome)
        && bar.end - bar.start >= MARK
    {
        svg.text("mark", bar.end - PADDING, row.middle + px(5), mark);
    }
    if let Some(remark) = &span.broken_rule {
        if let Some(x) = taken.take_remark(remark, span, &label, axis) {
            let edge = x - px(5);
            svg.line(
                "pointer",
                (edge, row.top() - px(2)),
                (edge, row.bottom() + px(2)),
            );
            svg.text("remark", x, row.text(), remark);
        } else {
            draw_note_below(svg, remark, bar.start + px(1), axis, row);
        }
    }
    svg.close_group();
}

/// The sign at a bar's end.
fn mark(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Done => None,
        Outcome::Cancelled => Some("×"),
        Outcome::Failed | Outcome::Panicked => Some("!"),
        Outcome::Open => Some("›"),
    }
}

/// Where a span's label went.
enum Label {
    Inside(Px, String),
    Behind(Px, String),
    /// The words for those who do not see the picture still have it.
    Lost,
}

impl Label {
    /// In the bar, else behind it, else its number alone: so `row 2` can still be followed from
    /// lane to lane.
    fn of(span: &Span, taken: &mut Taken, axis: &Axis) -> Self {
        let bar = axis.bar(span.start, span.end);
        let mark = mark(span.outcome).map_or(px(0), |_| MARK);
        let room = bar.end - bar.start - mark;
        let label = &span.label;
        if label.is_empty() {
            return Self::Lost;
        }
        if text_width(label, LABEL_SIZE) + PADDING * 2 <= room {
            return Self::Inside(bar.start + PADDING, label.clone());
        }
        if let Some(x) = taken.take_behind(bar.end, label, LABEL_SIZE) {
            return Self::Behind(x, label.clone());
        }
        let number = label.rsplit(' ').next().unwrap_or_default();
        let width = text_width(number, LABEL_SIZE);
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && width + px(4) <= room {
            return Self::Inside(bar.start + (room - width).half(), number.to_owned());
        }
        Self::Lost
    }
}

/// What of a lane is taken.
struct Taken {
    places: Vec<Range<Px>>,
    last_moment: Option<Px>,
}

impl Taken {
    fn by(lane: &Lane, moments: &[Moment], axis: &Axis) -> Self {
        let spans = lane.spans.iter().map(|span| (span.start, span.end));
        let waits = lane.waits.iter().map(|wait| (wait.start, wait.end));
        let bars = spans.chain(waits).map(|(start, end)| axis.bar(start, end));
        let around = |at: u64, half: Px| axis.x(at) - half..axis.x(at) + half;
        let instants = lane
            .instants
            .iter()
            .map(|instant| around(instant.at, px(5)));
        let lines = moments.iter().map(|moment| around(moment.at, px(1)));
        Self {
            places: bars.chain(instants).chain(lines).collect(),
            last_moment: moments.iter().map(|moment| axis.x(moment.at)).max(),
        }
    }

    /// Takes the place for a text behind `from`, if it is free.
    fn take_behind(&mut self, from: Px, text: &str, size: Px) -> Option<Px> {
        let place = from + px(5)..from + px(5) + text_width(text, size);
        let around = from + px(1)..place.end + px(4);
        let free = place.end <= EDGE && self.is_free(&around);
        (free && !text.is_empty()).then(|| {
            self.places.push(place.clone());
            place.start
        })
    }

    /// Takes the place for a remark: behind the bar and its label. If the bar runs off the picture,
    /// in the bar, behind the moment that it should have ended at.
    fn take_remark(&mut self, remark: &str, span: &Span, label: &Label, axis: &Axis) -> Option<Px> {
        let bar = axis.bar(span.start, span.end);
        let labelled = match label {
            Label::Inside(x, text) | Label::Behind(x, text) => *x + text_width(text, LABEL_SIZE),
            Label::Lost => bar.start,
        };
        if span.end.is_some() {
            let from = labelled.max(bar.end) + BEHIND;
            return self.take_behind(from, remark, NOTE_SIZE);
        }
        let behind_label = labelled + px(16);
        let behind_moment = self.last_moment.map(|x| behind_label.max(x + px(14)));
        let width = text_width(remark, NOTE_SIZE) + MARK;
        behind_moment
            .into_iter()
            .chain([behind_label])
            .find(|x| *x + width <= bar.end)
    }

    fn is_free(&self, place: &Range<Px>) -> bool {
        self.places
            .iter()
            .all(|taken| taken.end <= place.start || place.end <= taken.start)
    }
}
