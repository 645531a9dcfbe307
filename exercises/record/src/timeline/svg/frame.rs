//! What stands around the lanes: the axis, the moments, the hand-overs and the step line.

use std::fmt::Write as _;
use std::ops::Range;

use super::layout::{Axis, EDGE, Layout, NAME_GAP, NAME_SIZE, NOTE_SIZE, TICK_SIZE};
use super::px::{Px, px, shorten, text_width};
use super::{Options, Picture, words};
use crate::timeline::axis::round_ticks;
use crate::timeline::{Between, HandOver, Moment, Timeline};

/// Ticks are at least so far apart.
const TICK_DISTANCE: i64 = 46;

/// The axis' numbers, each with its grid line.
pub(super) fn axis(svg: &mut Picture, timeline: &Timeline, axis: &Axis, layout: &Layout) {
    for (at, class) in ticks(timeline, axis) {
        let x = axis.x(at);
        svg.line("grid", (x, layout.lanes_top), (x, layout.lanes_bottom));
        for rows in layout.at_once.iter().chain(&layout.level) {
            svg.line("grid", (x, rows.start), (x, rows.end));
        }
        svg.text(class, x, layout.ticks, &at.to_string());
    }
    let unit = timeline.unit.axis_label();
    svg.text("tick unit", axis.left - NAME_GAP, layout.ticks, unit);
}

/// Where the moments are, where all ends, and round numbers between, as far as there is room.
fn ticks(timeline: &Timeline, axis: &Axis) -> Vec<(u64, &'static str)> {
    let most = (axis.right - axis.left).times(px(TICK_DISTANCE)) + 1;
    let moments = timeline.moments.iter();
    let wanted = moments
        .map(|moment| (moment.at, "tick at-moment"))
        .chain(timeline.duration().map(|at| (at, "tick")))
        .chain(
            round_ticks(axis.end, most)
                .into_iter()
                .map(|at| (at, "tick")),
        );
    let mut ticks = Vec::new();
    let mut taken: Vec<Range<Px>> = Vec::new();
    for (at, class) in wanted {
        let half = text_width(&at.to_string(), TICK_SIZE).half() + px(3);
        let place = axis.x(at) - half..axis.x(at) + half;
        if taken
            .iter()
            .all(|other| other.end <= place.start || place.end <= other.start)
        {
            ticks.push((at, class));
            taken.push(place);
        }
    }
    ticks.sort_unstable();
    ticks
}

/// The label of a moment.
pub(super) struct PlacedMoment {
    x: Px,
    text_x: Px,
    class: &'static str,
    text: String,
    /// How many rows above the lanes.
    pub row: usize,
}

/// Gives each moment's label a place, in as few rows as they need.
pub(super) fn place_moments(moments: &[Moment], axis: &Axis) -> Vec<PlacedMoment> {
    let mut sorted: Vec<&Moment> = moments.iter().collect();
    sorted.sort_by_key(|moment| moment.at);
    let mut taken: Vec<(usize, Range<Px>)> = Vec::new();
    // From the bottom row up, the latest first: so no earlier one's line has to pass a later label.
    sorted
        .into_iter()
        .rev()
        .map(|moment| {
            let x = axis.x(moment.at);
            let right = EDGE - x - px(6);
            let left = x - px(6);
            let wanted = text_width(&moment.label, NOTE_SIZE);
            let (class, room) = if wanted <= right || right >= left {
                ("start", right)
            } else {
                ("end", left)
            };
            let text = shorten(&moment.label, NOTE_SIZE, room);
            let width = text_width(&text, NOTE_SIZE);
            let (text_x, place) = match class {
                "start" => (x + px(6), x..x + px(12) + width),
                _ => (x - px(6), x - px(12) - width..x + px(1)),
            };
            let is_free = |row: usize| {
                taken.iter().all(|(other_row, other)| {
                    *other_row != row || other.end <= place.start || place.end <= other.start
                })
            };
            let row = (0..moments.len()).find(|row| is_free(*row)).unwrap_or(0);
            taken.push((row, place));
            PlacedMoment {
                x,
                text_x,
                class,
                text,
                row,
            }
        })
        .collect()
}

/// The moments, which go behind the bars: first all lines, so that none crosses a label.
pub(super) fn moments(svg: &mut Picture, moments: &[PlacedMoment], layout: &Layout) {
    svg.raw("<g class=\"moments\">");
    for moment in moments {
        let top = layout.moment(moment.row) - px(10);
        svg.line("", (moment.x, top), (moment.x, layout.lanes_bottom));
    }
    for moment in moments {
        let baseline = layout.moment(moment.row);
        svg.text(moment.class, moment.text_x, baseline, &moment.text);
    }
    svg.close_group();
}

/// The arrows from lane to lane.
pub(super) fn hand_overs(svg: &mut Picture, timeline: &Timeline, axis: &Axis, layout: &Layout) {
    for hand_over in &timeline.hand_overs {
        let (from, to) = (hand_over.from.0, hand_over.to.0);
        let (Some(leaves), Some(arrives)) = (timeline.lanes.get(from), timeline.lanes.get(to))
        else {
            continue;
        };
        if from == to {
            continue;
        }
        let (x1, x2) = ends(timeline, hand_over, axis);
        let down = from < to;
        let (y1, y2) = if down {
            (layout.lanes[from].bottom(), layout.lanes[to].top())
        } else {
            (layout.lanes[from].top(), layout.lanes[to].bottom())
        };
        let back = |y: Px, by: Px| if down { y - by } else { y + by };
        let (bend1, bend2) = (back(y1, px(-10)), back(y2, px(15)));
        let neck = back(y2, px(5));
        let words = words::hand_over(hand_over, leaves, arrives, timeline.unit);
        svg.open_group("hand-over", &words, false);
        svg.raw(&format!(
            "<path class=\"shaft\" d=\"M{x1},{y1}C{x1},{bend1} {x2},{bend2} {x2},{neck}\"/>\
             <path class=\"head\" d=\"M{},{neck}H{}L{x2},{y2}Z\"/>",
            x2 - Px::tenths(35),
            x2 + Px::tenths(35),
        ));
        svg.close_group();
    }
}

/// What leaves as a span ends, leaves from that span; what begins one, arrives at it.
fn ends(timeline: &Timeline, hand_over: &HandOver, axis: &Axis) -> (Px, Px) {
    let (from, to) = (hand_over.from, hand_over.to);
    let ends = |at| move |end: Option<u64>| end == Some(at);
    let leaves_span = timeline.lanes[from.0]
        .spans
        .iter()
        .any(|span| ends(from.1)(span.end));
    let begins_span = timeline.lanes[to.0]
        .spans
        .iter()
        .any(|span| span.start == to.1);
    (
        axis.x(from.1) - if leaves_span { px(4) } else { px(0) },
        axis.x(to.1) + if begins_span { px(4) } else { px(0) },
    )
}

/// The step line of how many were open at once, its limit and its top.
pub(super) fn at_once(
    svg: &mut Picture,
    timeline: &Timeline,
    options: &Options,
    axis: &Axis,
    layout: &Layout,
) {
    let (Some(at_once), Some(rows)) = (timeline.at_once, &layout.at_once) else {
        return;
    };
    let most = timeline.most_at_once() as u64;
    let limit = at_once.limit.map(|limit| limit as u64);
    let shared = options.at_once_max.map(|most| most as u64);
    let scale = Scale::new(rows, &[shared, limit, Some(most)]);
    let mut path = format!("M{},{}", axis.left, rows.end);
    for (at, open) in timeline.at_once() {
        let _ = write!(path, "H{}V{}", axis.x(at), scale.y(open as u64));
    }
    svg.raw("<g class=\"at-once\">");
    scale.name(svg, "at once", axis);
    scale.area(svg, &path, axis.left, axis);
    scale.numbers(svg, limit.map(|limit| (limit, "limit")), most, axis);
    svg.close_group();
}

/// The line of how much there is of something, its cap and its top.
pub(super) fn level(
    svg: &mut Picture,
    timeline: &Timeline,
    options: &Options,
    axis: &Axis,
    layout: &Layout,
) {
    let (Some(level), Some(rows)) = (&timeline.level, &layout.level) else {
        return;
    };
    let most = level.most();
    let scale = Scale::new(rows, &[options.level_max, level.cap, Some(most)]);
    let first = level
        .points
        .first()
        .map_or(axis.left, |first| axis.x(first.at));
    let mut path = format!("M{first},{}", rows.end);
    let mut last = None;
    for point in &level.points {
        let (x, y) = (axis.x(point.at), scale.y(point.value));
        let _ = match (level.between, last) {
            (Between::Ramp, Some(_)) => write!(path, "L{x},{y}"),
            _ => write!(path, "H{x}V{y}"),
        };
        last = Some(point);
    }
    svg.raw("<g class=\"level\">");
    scale.name(svg, &level.name, axis);
    scale.area(svg, &path, first, axis);
    scale.numbers(svg, level.cap.map(|cap| (cap, "cap")), most, axis);
    svg.close_group();
}

/// The rows of a line below the lanes: from zero to the top.
struct Scale<'a> {
    rows: &'a Range<Px>,
    top: u64,
}

impl<'a> Scale<'a> {
    fn new(rows: &'a Range<Px>, tops: &[Option<u64>]) -> Self {
        let top = tops.iter().flatten().copied().max().unwrap_or(1).max(1);
        Self { rows, top }
    }

    fn y(&self, value: u64) -> Px {
        self.rows.end - (self.rows.end - self.rows.start).share(value, self.top)
    }

    fn name(&self, svg: &mut Picture, name: &str, axis: &Axis) {
        let baseline = self.rows.start + (self.rows.end - self.rows.start).half() + px(4);
        let name = shorten(name, NAME_SIZE, axis.left - NAME_GAP);
        svg.text("lane", axis.left - NAME_GAP, baseline, &name);
    }

    /// The line that `path` has drawn from `left` on, to the right edge, and what is below it.
    fn area(&self, svg: &mut Picture, path: &str, left: Px, axis: &Axis) {
        let (right, bottom) = (axis.right, self.rows.end);
        svg.raw(&format!(
            "<path class=\"area\" d=\"{path}H{right}V{bottom}H{left}Z\"/>\
             <path class=\"step\" d=\"{path}H{right}\"/>",
        ));
    }

    /// The limit, dashed, with its name; and the most there was, unless that is the same.
    fn numbers(&self, svg: &mut Picture, limit: Option<(u64, &str)>, most: u64, axis: &Axis) {
        let behind = axis.right + px(5);
        if let Some((limit, name)) = limit {
            let broken = if most > limit { " broken" } else { "" };
            let y = self.y(limit);
            svg.line(&format!("limit{broken}"), (axis.left, y), (axis.right, y));
            svg.text("tick level", behind, y + px(4), &format!("{name} {limit}"));
        }
        let limit = limit.map(|(limit, _)| limit);
        if limit != Some(most) {
            let baseline = match limit {
                Some(limit) if most > limit => self.y(most).min(self.y(limit) - px(12)),
                Some(limit) => self.y(most).max(self.y(limit) + px(12)),
                None => self.y(most),
            };
            svg.text("tick level", behind, baseline + px(4), &most.to_string());
        }
    }
}
