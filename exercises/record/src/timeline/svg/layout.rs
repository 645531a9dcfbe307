//! Where things stand. Across: [`Axis`], the same for pictures that share it. Down: [`Layout`].

use std::ops::Range;

use super::Options;
use super::px::{Px, px, text_width};
use crate::timeline::Timeline;

/// All pictures are equally wide, so that compared ones can share their axis.
pub(super) const WIDTH: Px = px(720);
/// The last column that text may use.
pub(super) const EDGE: Px = px(716);
/// Lane names end left of here; only long ones push the plot to the right.
const LEAST_LEFT: Px = px(92);
const MOST_LEFT: Px = px(190);
/// Behind the plot: the numbers of the step line.
const RIGHT: Px = px(52);
/// Between a lane's name and the plot.
pub(super) const NAME_GAP: Px = px(10);

/// A bar's height.
pub(super) const BAR: Px = px(18);
/// Left free between two spans that touch.
const SEAM: Px = Px::tenths(15);

const MARGIN: Px = px(4);
const MOMENT_ROW: Px = px(17);
const LANE: Px = px(26);
/// Arrows need more room between the lanes.
const LANE_WITH_ARROWS: Px = px(34);
const NOTE_ROW: Px = px(16);
const TICK_ROW: Px = px(19);
const LEVEL_GAP: Px = px(10);
const LEVEL: Px = px(36);

/// Font sizes. The stylesheet has the same.
pub(super) const NAME_SIZE: Px = px(12);
/// Bold: counted as a little larger than it is.
pub(super) const LABEL_SIZE: Px = Px::tenths(120);
pub(super) const NOTE_SIZE: Px = Px::tenths(115);
pub(super) const TICK_SIZE: Px = px(11);

/// From times to places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub left: Px,
    pub right: Px,
    pub end: u64,
}

impl Axis {
    pub fn new(timeline: &Timeline, options: &Options) -> Self {
        let names = timeline.lanes.iter();
        let names = names.map(|lane| lane.name.as_str());
        let names = names.chain(timeline.level.iter().map(|level| level.name.as_str()));
        let widest = names.map(|name| text_width(name, NAME_SIZE)).max();
        let wanted = widest.unwrap_or_default() + NAME_GAP + px(2);
        Self {
            left: wanted.clamp(LEAST_LEFT, MOST_LEFT),
            right: WIDTH - RIGHT,
            end: options.axis_end.unwrap_or(0).max(timeline.axis_end()),
        }
    }

    pub fn x(&self, at: u64) -> Px {
        self.left + (self.right - self.left).share(at.min(self.end), self.end)
    }

    /// From one time to another, less the seam; to the edge if it does not end.
    pub fn bar(&self, start: u64, end: Option<u64>) -> Range<Px> {
        let start = self.x(start);
        let end = end.map_or(self.right, |end| self.x(end) - SEAM);
        start..end.max(start + px(2))
    }
}

/// The heights of a picture.
#[derive(Debug)]
pub(super) struct Layout {
    pub lanes: Vec<Row>,
    pub lanes_top: Px,
    pub lanes_bottom: Px,
    /// The baseline of the axis' numbers.
    pub ticks: Px,
    /// The step line's top and bottom.
    pub at_once: Option<Range<Px>>,
    /// The level's top and bottom.
    pub level: Option<Range<Px>>,
    pub height: Px,
}

/// A lane's place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub middle: Px,
    /// The baseline of a note that found no room in the lane.
    pub note: Px,
}

impl Row {
    pub fn top(self) -> Px {
        self.middle - BAR.half()
    }

    pub fn bottom(self) -> Px {
        self.middle + BAR.half()
    }

    /// The baseline of text in the lane.
    pub fn text(self) -> Px {
        self.middle + px(4)
    }
}

impl Layout {
    /// With so many rows of moments above the lanes, and below each lane a row for a note or none.
    pub fn new(timeline: &Timeline, moment_rows: usize, note_below: &[bool]) -> Self {
        let lanes_top = MARGIN + MOMENT_ROW * moment_rows;
        let pitch = if timeline.hand_overs.is_empty() {
            LANE
        } else {
            LANE_WITH_ARROWS
        };
        let mut y = lanes_top;
        let mut lanes = Vec::new();
        for note in note_below {
            let middle = y + pitch.half();
            let note_line = middle + BAR.half() + px(14);
            lanes.push(Row {
                middle,
                note: note_line,
            });
            y = y + pitch + NOTE_ROW * usize::from(*note);
        }
        let lanes_bottom = y;
        let mut height = lanes_bottom + TICK_ROW;
        let mut below = || {
            let top = height + LEVEL_GAP;
            height = top + LEVEL + px(7);
            top..top + LEVEL
        };
        let at_once = timeline.at_once.map(|_| below());
        let level = timeline.level.as_ref().map(|_| below());
        Self {
            lanes,
            lanes_top,
            lanes_bottom,
            ticks: lanes_bottom + px(14),
            at_once,
            level,
            height,
        }
    }

    /// The baseline of a moment's label, `row` rows above the lanes.
    pub fn moment(&self, row: usize) -> Px {
        self.lanes_top - MOMENT_ROW * row - px(5)
    }
}
