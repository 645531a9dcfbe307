use std::path::{Path, PathBuf};

/// Something wrong with the course, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Relative to the course's root.
    pub path: PathBuf,
    /// Counted from 1; `None` if the whole file is meant, or its absence.
    pub line: Option<usize>,
    /// What is wrong; what to do.
    pub what: String,
}

impl Finding {
    /// A finding about a whole file.
    pub fn of_file(path: impl AsRef<Path>, what: impl Into<String>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            line: None,
            what: what.into(),
        }
    }

    /// A finding on a line, counted from 1.
    pub fn on_line(path: impl AsRef<Path>, line: usize, what: impl Into<String>) -> Self {
        Self {
            line: Some(line),
            ..Self::of_file(path, what)
        }
    }
}

impl std::error::Error for Finding {}

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
