//! How many spans were open at once, as steps.

use super::Timeline;

impl Timeline {
    /// The number of open spans from each time on, in order. A span that ends where another
    /// starts does not overlap it.
    pub fn at_once(&self) -> Vec<(u64, usize)> {
        let mut changes: Vec<(u64, isize)> = Vec::new();
        for span in self.lanes.iter().flat_map(|lane| &lane.spans) {
            changes.push((span.start, 1));
            changes.extend(span.end.map(|end| (end, -1)));
        }
        changes.sort_unstable();
        let mut steps: Vec<(u64, usize)> = Vec::new();
        let mut open = 0_usize;
        for (at, change) in changes {
            open = open.saturating_add_signed(change);
            match steps.last_mut() {
                Some(last) if last.0 == at => last.1 = open,
                _ => steps.push((at, open)),
            }
        }
        steps
    }

    /// The most spans that were ever open at once.
    pub fn most_at_once(&self) -> usize {
        self.at_once().iter().map(|step| step.1).max().unwrap_or(0)
    }
}
