//! From times to columns.

use std::ops::Range;

/// How a time axis maps on columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub columns: usize,
    pub end: u64,
}

impl Scale {
    /// More columns for one unit would only pull the picture apart.
    const MOST_PER_UNIT: u64 = 10;

    /// Narrower plots are tried only where there is no room for this.
    const NARROWEST: usize = 20;

    /// The scales worth trying, the widest first.
    pub fn candidates(end: u64, room: usize) -> Vec<Self> {
        let end = end.max(1);
        let most = usize::try_from(end.saturating_mul(Self::MOST_PER_UNIT))
            .unwrap_or(usize::MAX)
            .min(room)
            .max(1);
        (Self::NARROWEST.min(most)..=most)
            .rev()
            .map(|columns| Self { columns, end })
            .collect()
    }

    /// Whether every unit has as many columns as all others.
    pub fn is_even(self) -> bool {
        (self.columns as u64).is_multiple_of(self.end)
    }

    /// The column in which a time begins.
    pub fn column(self, at: u64) -> usize {
        let column = u128::from(at) * self.columns as u128 / u128::from(self.end);
        usize::try_from(column).map_or(self.columns, |column| column.min(self.columns))
    }

    /// The columns from one time to another, at least one; to the edge if it does not end.
    pub fn cells(self, start: u64, end: Option<u64>) -> Range<usize> {
        let first = self.column(start).min(self.columns - 1);
        let last = end.map_or(self.columns, |end| self.column(end));
        first..last.max(first + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn a_short_run_is_not_pulled_apart_and_a_long_one_fills_the_room() {
        let widest = |end, room| Scale::candidates(end, room)[0].columns;
        assert_eq!(widest(3, 65), 30);
        assert_eq!(widest(70, 65), 65);
        assert_eq!(widest(0, 65), 10);
        assert_eq!(widest(u64::MAX, 0), 1);
    }

    #[test]
    fn a_scale_is_even_if_its_units_are_equally_wide() {
        let even = |columns, end| Scale { columns, end }.is_even();
        assert!(even(60, 30) && even(60, 60));
        assert!(!even(50, 60) && !even(61, 30));
    }

    #[test]
    fn what_is_too_short_for_a_column_still_gets_one() {
        let scale = Scale {
            columns: 10,
            end: 100,
        };
        assert_eq!(scale.cells(15, Some(15)), 1..2);
        assert_eq!(scale.cells(100, Some(100)), 9..10);
        assert_eq!(scale.cells(95, None), 9..10);
        assert_eq!(scale.cells(20, Some(70)), 2..7);
    }
}
