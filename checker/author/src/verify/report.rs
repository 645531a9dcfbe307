use std::path::PathBuf;

use checker::course::Finding;

/// What a check looked at and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How much was looked at, in words: `12 programs`.
    pub looked_at: String,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Files that `--bless` rewrote, relative to the course's root.
    pub blessed: Vec<PathBuf>,
    /// Lines that are worth showing although they are no finding: a soak's table.
    pub notes: Vec<String>,
}

impl Report {
    /// A report on `count` things called `one` (`program`), several `one`s.
    pub fn on(count: usize, one: &str, findings: Vec<Finding>) -> Self {
        let plural = if count == 1 { "" } else { "s" };
        Self {
            looked_at: format!("{count} {one}{plural}"),
            findings,
            blessed: Vec::new(),
            notes: Vec::new(),
        }
    }
}
