//! How much there is of something at any time.

use super::{Between, Level, Point};

impl Level {
    /// The most there ever was.
    pub fn most(&self) -> u64 {
        let values = self.points.iter().map(|point| point.value);
        values.max().unwrap_or(0)
    }

    /// How much there is, in whole units, at the time `part / whole`; after a jump, if there is one
    /// at that time. `None` before the first point.
    pub(super) fn at(&self, part: u64, whole: u64) -> Option<u64> {
        let (part, whole) = (u128::from(part), u128::from(whole.max(1)));
        let reached = |point: &&Point| u128::from(point.at) * whole <= part;
        let from = self.points.iter().rfind(reached)?;
        let to = self.points.iter().find(|point| !reached(point));
        let (Between::Ramp, Some(to)) = (self.between, to) else {
            return Some(from.value);
        };
        let gone = part - u128::from(from.at) * whole;
        let way = u128::from(to.at - from.at) * whole;
        let up = u128::from(to.value.saturating_sub(from.value));
        let down = u128::from(from.value.saturating_sub(to.value));
        // Rounded down in either direction: a token that is not whole yet is none.
        let value = u128::from(from.value) + up * gone / way - (down * gone).div_ceil(way);
        u64::try_from(value).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(between: Between, points: &[(u64, u64)]) -> Level {
        Level {
            name: "tokens".to_owned(),
            points: points
                .iter()
                .map(|&(at, value)| Point { at, value })
                .collect(),
            between,
            cap: None,
        }
    }

    #[test]
    fn a_step_stays_and_a_ramp_goes_straight() {
        let points = [(2, 0), (12, 5)];
        let at = |between, time| level(between, &points).at(time, 1);
        assert_eq!(at(Between::Step, 1), None);
        assert_eq!(at(Between::Step, 11), Some(0));
        assert_eq!(at(Between::Ramp, 7), Some(2));
        assert_eq!(at(Between::Ramp, 12), Some(5));
        assert_eq!(at(Between::Ramp, 99), Some(5));
    }

    #[test]
    fn times_between_two_units_count() {
        let level = level(Between::Ramp, &[(0, 0), (1, 10), (2, 0)]);
        assert_eq!(level.at(1, 2), Some(5));
        assert_eq!(level.at(31, 20), Some(4), "4.5, and half a token is none");
    }

    #[test]
    fn a_jump_is_over_at_its_time() {
        let level = level(Between::Ramp, &[(0, 5), (0, 0), (10, 1)]);
        assert_eq!(level.at(0, 1), Some(0));
        assert_eq!(level.most(), 5);
    }
}
