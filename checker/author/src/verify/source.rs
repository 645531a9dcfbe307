//! Text that knows where each of its lines came from.

use std::path::{Path, PathBuf};

/// Where a line was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// Relative to the course's root.
    pub path: PathBuf,
    /// Counted from 1.
    pub line: usize,
}

/// Lines with their origins; those that a check adds have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Source {
    lines: Vec<(String, Option<Origin>)>,
}

impl Source {
    /// Adds a line that stands in a file.
    pub fn push(&mut self, text: impl Into<String>, path: &Path, line: usize) {
        let path = path.to_owned();
        self.lines.push((text.into(), Some(Origin { path, line })));
    }

    /// Adds a line that stands nowhere.
    pub fn add(&mut self, text: &str) {
        self.lines.push((text.to_owned(), None));
    }

    /// The lines with their origins.
    pub fn into_lines(self) -> impl Iterator<Item = (String, Option<Origin>)> {
        self.lines.into_iter()
    }

    /// Adds a line with the origin that it has.
    pub fn take(&mut self, text: String, origin: Option<Origin>) {
        self.lines.push((text, origin));
    }

    /// The text, each line ended.
    pub fn text(&self) -> String {
        let mut whole = String::new();
        for (text, _) in &self.lines {
            whole += text;
            whole.push('\n');
        }
        whole
    }

    /// Where the line, counted from 1, was written.
    pub fn origin(&self, line: usize) -> Option<&Origin> {
        self.lines.get(line.checked_sub(1)?)?.1.as_ref()
    }
}
