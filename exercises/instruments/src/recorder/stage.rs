//! Lanes that items pass through.

use super::{OpenSpan, Recorder, Tape, Whose};
use crate::timeline::{HandOver, Wait};

/// A lane that items pass through, such as a stage of a pipeline: between two items it waits. The
/// lane ends when this is dropped.
#[derive(Debug)]
#[must_use = "the lane ends when this is dropped"]
pub struct Stage {
    recorder: Recorder,
    row: usize,
}

/// Asks for the line of how many items are under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnderWay {
    pub cap: Option<u64>,
}

impl Recorder {
    /// Opens a lane of its own name for items to pass through. Lanes stand in the order in which
    /// they are opened.
    pub fn stage(&self, lane: &str) -> Stage {
        let mut tape = self.tape();
        let row = tape.row(Whose::Named(lane.to_owned()));
        tape.rows[row].is_stage = true;
        tape.begin_waiting(row);
        Stage {
            recorder: self.clone(),
            row,
        }
    }

    /// Asks for the line of how many items are under way, with the cap if there is one.
    pub fn show_under_way(&self, cap: Option<u64>) {
        self.tape().under_way = Some(UnderWay { cap });
    }
}

impl Stage {
    /// Begins the lane's work on an item. If the item was in another lane before, it is handed over
    /// from there.
    pub fn take(&self, item: impl Into<String>) -> OpenSpan {
        let item = item.into();
        let mut tape = self.recorder.tape();
        tape.end_waiting(self.row);
        let left = tape.last_lane_of(&item).filter(|from| from.0 != self.row);
        let to = (self.row, tape.clock.now());
        tape.hand_overs
            .extend(left.map(|from| HandOver { from, to }));
        let index = tape.begin(self.row, item);
        OpenSpan {
            recorder: self.recorder.clone(),
            row: self.row,
            index,
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.recorder.tape().end_waiting(self.row);
    }
}

impl Tape {
    /// From now on the lane waits, for what only its place among the others tells.
    pub(super) fn begin_waiting(&mut self, row: usize) {
        let start = self.clock.now();
        self.rows[row].waits.push(Wait {
            label: String::new(),
            start,
            end: None,
        });
    }

    /// If something happened meanwhile, the wait is there to be seen.
    fn end_waiting(&mut self, row: usize) {
        let now = self.clock.now();
        let waits = &mut self.rows[row].waits;
        if let Some(wait) = waits.last_mut() {
            wait.end.get_or_insert(now);
        }
        waits.retain(|wait| wait.end != Some(wait.start));
    }

    /// The lane on which the item was last, and when it was done there.
    fn last_lane_of(&self, item: &str) -> Option<(usize, u64)> {
        let ends = self.rows.iter().enumerate().filter_map(|(row, lane)| {
            let span = lane.spans.iter().rfind(|span| span.label == item)?;
            Some((row, span.end?))
        });
        ends.max_by_key(|(_, end)| *end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_waits_between_its_items_and_is_handed_them() {
        let recorder = Recorder::new();
        let (source, sink) = (recorder.stage("source"), recorder.stage("sink"));
        drop(source.take("row 0"));
        drop(source.take("row 1"));
        let held = sink.take("row 0");
        drop(source.take("row 2"));
        drop(held);
        drop((source, sink));
        let timeline = recorder.timeline("", "");
        let waits: Vec<Vec<(u64, Option<u64>)>> = timeline
            .lanes
            .iter()
            .map(|lane| {
                let waits = lane.waits.iter();
                waits.map(|wait| (wait.start, wait.end)).collect()
            })
            .collect();
        assert_eq!(waits, [vec![(2, Some(3))], vec![(0, Some(2))]]);
        let handed = HandOver {
            from: (0, 1),
            to: (1, 2),
        };
        assert_eq!(timeline.hand_overs, [handed]);
        assert_eq!(timeline.lanes[0].spans[2].end, Some(4));
    }

    #[test]
    fn a_stage_that_is_not_dropped_still_waits() {
        let recorder = Recorder::new();
        let stage = recorder.stage("stage");
        drop(stage.take("row 0"));
        assert_eq!(recorder.timeline("", "").lanes[0].waits[0].end, None);
    }

    #[test]
    fn what_is_under_way_is_counted_from_lane_to_lane() {
        let recorder = Recorder::new();
        recorder.show_under_way(Some(1));
        let (source, sink) = (recorder.stage("source"), recorder.stage("sink"));
        drop(source.take("row 0"));
        drop(source.take("row 1"));
        drop(sink.take("row 0"));
        let level = recorder.timeline("", "").level.expect("it was asked for");
        assert_eq!(level.most(), 2);
    }
}
