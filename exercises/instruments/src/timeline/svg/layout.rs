//! Where everything stands, in the picture's own units: one unit is a pixel at full size.

use super::super::{Span, Timeline};
use super::Options;

/// A bar's height.
pub(super) const BAR: f64 = 18.0;
/// White space of a label in its bar, both sides together.
pub(super) const PADDING: f64 = 12.0;
/// Room for the sign at a bar's end.
pub(super) const MARK: f64 = 14.0;

/// The whole picture's width.
pub(super) const WIDTH: f64 = 720.0;
/// Where the axis ends; behind it stands the step line's number.
pub(super) const RIGHT: f64 = WIDTH - 26.0;
const LANE: f64 = 26.0;
const STEPS: f64 = 34.0;
/// Bars of back-to-back spans must not run into one another.
const GAP: f64 = 1.4;
/// A character of the labels' font, on the wide side, so that what is taken to fit does fit.
const CHARACTER: f64 = 6.8;

pub(super) struct Layout {
    lanes: usize,
    left: f64,
    top: f64,
    axis_end: u64,
    at_once_max: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bar {
    pub x: f64,
    pub width: f64,
}

/// Where a remark stands beside its bar.
pub(super) struct Remark {
    pub x: f64,
    /// From the lane's middle.
    pub below: f64,
    /// The class that says which end of the text stands at `x`.
    pub anchor: &'static str,
}

pub(super) fn text_width(text: &str) -> f64 {
    as_float(text.chars().count()) * CHARACTER
}

fn as_float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

fn ratio(part: u64, whole: u64) -> f64 {
    // Times in a picture are small; beyond 32 bits a pixel more or less is not seen.
    let shift = whole.max(part).ilog2().saturating_sub(30);
    let small = |time: u64| f64::from(u32::try_from(time >> shift).unwrap_or(u32::MAX));
    small(part) / small(whole)
}

impl Layout {
    pub fn new(timeline: &Timeline, options: &Options) -> Self {
        let names = timeline.lanes.iter().map(|lane| text_width(&lane.name));
        let left = names.fold(text_width("at once"), f64::max) + 16.0;
        let at_once_max = timeline.at_once.map(|asked| {
            let own = timeline.most_at_once().max(asked.limit.unwrap_or(0));
            own.max(options.at_once_max.unwrap_or(0)).max(1)
        });
        Self {
            lanes: timeline.lanes.len(),
            left,
            top: if timeline.moments.is_empty() {
                2.0
            } else {
                18.0
            },
            axis_end: options.axis_end.unwrap_or(0).max(timeline.axis_end()),
            at_once_max,
        }
    }

    pub fn height(&self) -> f64 {
        match self.at_once_max {
            Some(_) => self.steps_base() + 4.0,
            None => self.ticks_baseline() + 6.0,
        }
    }

    pub fn left(&self) -> f64 {
        self.left
    }

    pub fn axis_end(&self) -> u64 {
        self.axis_end
    }

    /// One tick every 56 units at the most.
    pub fn most_ticks(&self) -> usize {
        let room = RIGHT - self.left;
        (1..100).take_while(|n| as_float(*n) * 56.0 < room).count()
    }

    pub fn x(&self, time: u64) -> f64 {
        self.left + (RIGHT - self.left) * ratio(time, self.axis_end)
    }

    /// The picture's edge for what has not ended.
    pub fn x_or_edge(&self, time: Option<u64>) -> f64 {
        time.map_or(RIGHT, |time| self.x(time))
    }

    pub fn bar(&self, span: &Span) -> Bar {
        let x = self.x(span.start);
        let width = (self.x_or_edge(span.end) - x - GAP).max(2.0);
        Bar { x, width }
    }

    pub fn lanes_top(&self) -> f64 {
        self.top
    }

    pub fn lanes_bottom(&self) -> f64 {
        self.top + as_float(self.lanes) * LANE
    }

    pub fn lane_middle(&self, index: usize) -> f64 {
        self.top + (as_float(index) + 0.5) * LANE
    }

    pub fn ticks_baseline(&self) -> f64 {
        self.lanes_bottom() + 13.0
    }

    /// The step line's zero.
    pub fn steps_base(&self) -> f64 {
        self.ticks_baseline() + 16.0 + STEPS
    }

    pub fn steps_y(&self, open: usize) -> f64 {
        let top = self.at_once_max.unwrap_or(1);
        self.steps_base() - STEPS * as_float(open) / as_float(top)
    }

    /// Behind the bar if there is room, else before it, else below it.
    pub fn remark(&self, text: &str, bar: Bar, next: Option<f64>) -> Remark {
        let width = text_width(text);
        let end = bar.x + bar.width;
        if end + 8.0 + width <= next.unwrap_or(WIDTH) {
            return Remark {
                x: end + 8.0,
                below: 4.0,
                anchor: "start",
            };
        }
        if next.is_none() && bar.x - 8.0 - width >= self.left {
            return Remark {
                x: bar.x - 8.0,
                below: 4.0,
                anchor: "end",
            };
        }
        let x = end.min(WIDTH).max(self.left + width);
        Remark {
            x,
            below: BAR / 2.0 + 10.0,
            anchor: "end",
        }
    }
}
