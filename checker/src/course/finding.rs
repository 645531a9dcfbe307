use std::fmt::{self, Display, Formatter};
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

impl Display for Finding {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        let mut lines = self.what.lines();
        write!(f, ": {}", lines.next().unwrap_or_default())?;
        for line in lines {
            write!(f, "\n    {line}")?;
        }
        Ok(())
    }
}
