//! What a run of an exercise comes to: pure judgement.

use serde::{Deserialize, Serialize};

/// How many tests of each rung passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rungs {
    /// The result, the bound.
    pub core: Tally,
    /// What makes it this pattern.
    pub pattern: Tally,
    /// Panics, cancellation, pressure.
    pub stretch: Tally,
}

/// How many tests passed out of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that there are.
    pub of: usize,
}

impl Rungs {
    /// Whether there is a stretch rung, and all of it passed.
    pub fn stretch_passed(&self) -> bool {
        self.stretch.of > 0 && self.stretch.is_full()
    }
}

impl Tally {
    /// Whether no test is left.
    pub fn is_full(self) -> bool {
        self.passed == self.of
    }
}
