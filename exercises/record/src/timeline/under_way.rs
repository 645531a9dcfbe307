//! How many items are under way: begun in one lane, and not finished in the last.

use std::collections::BTreeMap;

use super::{Between, Level, Point, Timeline};

impl Timeline {
    /// How many items are under way over time, whether worked on, queued, or held by somebody who
    /// waits. An item is what has one label in all lanes; its way ends with its span on the last lane
    /// that has any.
    pub fn under_way(&self, cap: Option<u64>) -> Level {
        let mut changes: Vec<(u64, i64)> = Vec::new();
        for (start, end) in self.items() {
            changes.push((start, 1));
            changes.extend(end.map(|end| (end, -1)));
        }
        changes.sort_unstable();
        let mut points: Vec<Point> = Vec::new();
        let mut value = 0_u64;
        for (at, change) in changes {
            value = value.saturating_add_signed(change);
            match points.last_mut() {
                Some(last) if last.at == at => last.value = value,
                _ => points.push(Point { at, value }),
            }
        }
        Level {
            name: "under way".to_owned(),
            points,
            between: Between::Step,
            cap,
        }
    }

    fn items(&self) -> impl Iterator<Item = (u64, Option<u64>)> {
        let last = self.lanes.iter().rposition(|lane| !lane.spans.is_empty());
        let mut items: BTreeMap<&str, (u64, Option<u64>)> = BTreeMap::new();
        for (index, lane) in self.lanes.iter().enumerate() {
            for span in &lane.spans {
                let end = span.end.filter(|_| Some(index) == last);
                let item = items.entry(&span.label).or_insert((span.start, None));
                *item = (item.0.min(span.start), item.1.or(end));
            }
        }
        items.into_values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::{Lane, Outcome, Span, Unit};

    fn lane(spans: &[(&str, u64, u64)]) -> Lane {
        Lane {
            name: String::new(),
            spans: spans
                .iter()
                .map(|(label, start, end)| Span {
                    label: (*label).to_owned(),
                    start: *start,
                    end: Some(*end),
                    outcome: Outcome::Done,
                    broken_rule: None,
                })
                .collect(),
            waits: Vec::new(),
            instants: Vec::new(),
        }
    }

    #[test]
    fn an_item_counts_until_the_last_lane_has_finished_it() {
        let timeline = Timeline {
            title: String::new(),
            proves: String::new(),
            unit: Unit::Steps,
            lanes: vec![
                lane(&[("a", 0, 2), ("b", 2, 4), ("c", 4, 6)]),
                lane(&[("a", 5, 7), ("b", 7, 9)]),
            ],
            moments: Vec::new(),
            hand_overs: Vec::new(),
            at_once: None,
            level: None,
        };
        let points = timeline.under_way(None).points;
        let points: Vec<(u64, u64)> = points.iter().map(|point| (point.at, point.value)).collect();
        assert_eq!(points, [(0, 1), (2, 2), (4, 3), (7, 2), (9, 1)]);
    }
}
