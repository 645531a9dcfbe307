//! How long a model may run. What counts is what it has computed, not the clock: on a machine that is
//! busy with something else, a right solution takes its time.

use std::time::{Duration, Instant};

/// How often to look.
pub(super) const A_LITTLE: Duration = Duration::from_millis(100);

/// What a model may compute, in hundredths of a second. Those of the course need half a second.
const COMPUTING: u64 = 500;

/// How long it may compute nothing at all. Where nothing tells what it computes, how long it may run.
const STANDSTILL: Duration = Duration::from_secs(30);

/// With one process.
#[derive(Debug)]
pub(super) struct Patience {
    computed: u64,
    since: Instant,
}

impl Patience {
    /// It has computed nothing yet.
    pub fn new() -> Self {
        Self {
            computed: 0,
            since: Instant::now(),
        }
    }

    /// Whether it has come to an end with the process of this number.
    pub fn is_over(&mut self, process: u32) -> bool {
        self.ends_after(computed_by(process), Instant::now())
    }

    fn ends_after(&mut self, computed: u64, now: Instant) -> bool {
        if computed > self.computed {
            self.computed = computed;
            self.since = now;
        }
        computed > COMPUTING || now.duration_since(self.since) > STANDSTILL
    }
}

#[cfg(target_os = "linux")]
fn computed_by(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    crate::idle::ticks(&stat)
}

/// Nothing tells.
#[cfg(not(target_os = "linux"))]
fn computed_by(_process: u32) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lasts_while_little_is_computed() {
        let mut patience = Patience::new();
        let begun = patience.since;
        for step in 1..=COMPUTING {
            let slowly = begun + Duration::from_secs(20 * step);
            assert!(!patience.ends_after(step, slowly), "step {step}");
        }
        let then = patience.since;
        assert!(patience.ends_after(COMPUTING + 1, then));
    }

    #[test]
    fn it_ends_where_nothing_is_computed() {
        let mut patience = Patience::new();
        let begun = patience.since;
        assert!(!patience.ends_after(0, begun + STANDSTILL));
        assert!(patience.ends_after(0, begun + STANDSTILL + A_LITTLE));
    }
}
