//! What the text and the SVG share of the time axis: how far it goes and where its ticks stand.

use super::{Timeline, Unit};

impl Timeline {
    /// Where the time axis ends: at the last event, or some way behind it when something is still
    /// open there, so that a learner sees it go on.
    pub fn axis_end(&self) -> u64 {
        let end = self.end().max(1);
        if self.anything_open() {
            end.saturating_add(end.div_ceil(4))
        } else {
            end
        }
    }

    /// When all ends, unless time is only counted: a duration is read off the axis, a last step says
    /// nothing.
    pub(super) fn duration(&self) -> Option<u64> {
        (self.unit != Unit::Steps).then(|| self.end())
    }

    fn anything_open(&self) -> bool {
        self.lanes.iter().any(|lane| {
            lane.spans.iter().any(|span| span.end.is_none())
                || lane.waits.iter().any(|wait| wait.end.is_none())
        })
    }
}

impl Unit {
    /// The words at the end of the axis.
    pub(super) const fn axis_label(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::VirtualMilliseconds => "ms, virtual",
            Self::Milliseconds => "ms",
        }
    }
}

/// The round numbers 0, s, 2s, … up to `end`, where s is the least of 1, 2, 5, 10, 20, … that
/// makes at most `most` of them.
pub(super) fn round_ticks(end: u64, most: usize) -> Vec<u64> {
    let most = u64::try_from(most).unwrap_or(u64::MAX).max(2);
    let mut decade = 1_u64;
    let step = 'found: loop {
        for factor in [1, 2, 5] {
            let step = decade.saturating_mul(factor);
            if end / step < most {
                break 'found step;
            }
        }
        decade = decade.saturating_mul(10);
    };
    (0..=end / step).map(|tick| tick * step).collect()
}

#[cfg(test)]
mod tests {
    use super::round_ticks;

    #[test]
    fn ticks_are_round_and_no_more_than_asked_for() {
        assert_eq!(round_ticks(8, 9), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(round_ticks(60, 8), [0, 10, 20, 30, 40, 50, 60]);
        assert_eq!(round_ticks(64, 4), [0, 20, 40, 60]);
        assert_eq!(round_ticks(900, 3), [0, 500]);
        assert_eq!(round_ticks(1, 0), [0, 1]);
    }

    #[test]
    fn an_axis_that_no_number_can_divide_still_ends() {
        assert!(round_ticks(u64::MAX, 2).len() <= 2);
    }
}
