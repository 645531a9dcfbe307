//! Hand-overs: an arrow where the two lanes are neighbours, else a line of text.

use super::glyphs::Glyphs;
use super::row::{Ink, Row};
use super::scale::Scale;
use crate::timeline::{HandOver, Timeline};

/// How many are listed at most.
const MOST_LISTED: usize = 6;

/// The arrows of a picture.
#[derive(Debug, Default)]
pub(super) struct HandOvers {
    /// The row of arrows under a lane, by the lane's index.
    gaps: Vec<(usize, Row)>,
    /// Those that could not be drawn.
    pub listed: Vec<String>,
}

impl HandOvers {
    /// Draws the arrows; `next_to` says whether a lane's row stands directly above the next one's.
    pub fn draw(
        timeline: &Timeline,
        scale: Scale,
        glyphs: &Glyphs,
        next_to: impl Fn(usize) -> bool,
    ) -> Self {
        let mut drawn = Self::default();
        let mut left = Vec::new();
        for hand_over in &timeline.hand_overs {
            let upper = hand_over.from.0.min(hand_over.to.0);
            let lower = hand_over.from.0.max(hand_over.to.0);
            let neighbours = lower == upper + 1 && lower < timeline.lanes.len() && next_to(upper);
            let shown = neighbours && drawn.draw_arrow(timeline, hand_over, scale, glyphs);
            if !shown && !labels_tell(timeline, hand_over) {
                left.extend(in_words(timeline, hand_over, glyphs));
            }
        }
        let more = left.len().saturating_sub(MOST_LISTED);
        left.truncate(MOST_LISTED);
        if more > 0 {
            left.push(format!("{} {more} more hand-overs", glyphs.ellipsis));
        }
        drawn.listed = left;
        drawn
    }

    /// The row of arrows under a lane.
    pub fn under(&self, lane: usize) -> Option<&Row> {
        let gap = self.gaps.iter().find(|(upper, _)| *upper == lane)?;
        Some(&gap.1)
    }

    fn draw_arrow(
        &mut self,
        timeline: &Timeline,
        hand_over: &HandOver,
        scale: Scale,
        glyphs: &Glyphs,
    ) -> bool {
        let from = leaving_column(timeline, hand_over, scale);
        let to = scale.column(hand_over.to.1).min(scale.columns - 1);
        let down = hand_over.from.0 < hand_over.to.0;
        let upper = hand_over.from.0.min(hand_over.to.0);
        let row = self.gap(upper);
        if !row.is_free(from.min(to)..from.max(to) + 1) {
            return false;
        }
        let arrow = &glyphs.arrow;
        row.fill(from.min(to)..from.max(to), glyphs.line, Ink::Plain);
        let corner = match (down, from < to) {
            (true, true) => arrow.down_right,
            (true, false) => arrow.down_left,
            (false, true) => arrow.up_right,
            (false, false) => arrow.up_left,
        };
        let head = if down { arrow.down } else { arrow.up };
        row.write(from, &corner.to_string(), Ink::Plain);
        row.write(to, &head.to_string(), Ink::Plain);
        true
    }

    fn gap(&mut self, upper: usize) -> &mut Row {
        let index = self.gaps.iter().position(|gap| gap.0 == upper);
        let index = index.unwrap_or_else(|| {
            self.gaps.push((upper, Row::default()));
            self.gaps.len() - 1
        });
        &mut self.gaps[index].1
    }
}

/// What leaves as a span ends, leaves from that span's last cell.
fn leaving_column(timeline: &Timeline, hand_over: &HandOver, scale: Scale) -> usize {
    let (lane, at) = hand_over.from;
    let spans = &timeline.lanes[lane].spans;
    let ending = spans.iter().find(|span| span.end == Some(at));
    ending.map_or(scale.column(at).min(scale.columns - 1), |span| {
        scale.cells(span.start, span.end).end - 1
    })
}

/// What has the same label in both lanes can be followed without an arrow.
fn labels_tell(timeline: &Timeline, hand_over: &HandOver) -> bool {
    let spans = |lane: usize| timeline.lanes.get(lane).map(|lane| &lane.spans);
    let (Some(left), Some(arrives)) = (spans(hand_over.from.0), spans(hand_over.to.0)) else {
        return false;
    };
    let arrives = arrives.iter().find(|span| span.start == hand_over.to.1);
    arrives.is_some_and(|arrives| {
        left.iter().any(|left| {
            left.label == arrives.label && left.end.is_some_and(|end| end <= hand_over.from.1)
        })
    })
}

fn in_words(timeline: &Timeline, hand_over: &HandOver, glyphs: &Glyphs) -> Option<String> {
    let from = timeline.lanes.get(hand_over.from.0)?;
    let to = timeline.lanes.get(hand_over.to.0)?;
    Some(format!(
        "{} at {} {} {} at {}",
        from.name, hand_over.from.1, glyphs.to, to.name, hand_over.to.1
    ))
}
