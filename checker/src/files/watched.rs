//! Which of some files have changed.
//!
//! By polling: mdBook made that its own default, because the systems' notifications get lost in
//! containers, on network folders and with editors that replace files. A look at the few hundred
//! files of a course takes about a millisecond.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How long files must stay as they are before they count as saved.
const PAUSE: Duration = Duration::from_millis(10);

/// How often that is waited for: something that writes without end must not hold up everything.
const MOST_PAUSES: usize = 20;

/// The files and folders to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched(Vec<PathBuf>);

/// The files as they were at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stamps(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

impl Watched {
    /// These files, and all that these folders hold.
    pub fn new(paths: Vec<PathBuf>) -> Self {
        Self(paths)
    }

    /// Looks at them. What does not exist is no error: it may come.
    pub fn stamps(&self) -> Stamps {
        let mut stamps = Stamps::default();
        for path in &self.0 {
            stamps.add(path);
        }
        stamps
    }

    /// Waits until nothing changes any more after `seen`: editors empty a file before they write
    /// it, and nobody wants to see what comes of an empty one.
    pub fn settled(&self, mut seen: Stamps) -> Stamps {
        for _ in 0..MOST_PAUSES {
            std::thread::sleep(PAUSE);
            let now = self.stamps();
            if now == seen {
                break;
            }
            seen = now;
        }
        seen
    }
}

impl Stamps {
    fn add(&mut self, path: &Path) {
        let Ok(metadata) = path.metadata() else {
            return;
        };
        if metadata.is_dir() {
            let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
            for entry in entries.filter(|entry| !is_an_editors(&entry.path())) {
                self.add(&entry.path());
            }
        } else {
            let stamp = (metadata.modified().ok(), metadata.len());
            self.0.insert(path.to_owned(), stamp);
        }
    }

    /// The files that are new, gone or different since `before`.
    pub fn changed_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a Path> {
        let new = self
            .0
            .iter()
            .filter(|(path, stamp)| before.0.get(*path) != Some(*stamp));
        let gone = before
            .0
            .iter()
            .filter(|(path, _)| !self.0.contains_key(*path));
        new.chain(gone).map(|(path, _)| path.as_path())
    }
}

/// Swap files and backups come and go while one types.
fn is_an_editors(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || name.ends_with('~') || name == "4913"
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_written_added_or_removed_is_seen_and_swap_files_are_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        let watched = Watched::new(vec![path("src"), path("later.css")]);
        let mut before = watched.stamps();
        let mut step = |name: &str| {
            let now = watched.stamps();
            let changed: Vec<_> = now.changed_since(&before).map(Path::to_owned).collect();
            before = now;
            let expected: Vec<_> = name.split_terminator(' ').map(path).collect();
            assert_eq!(changed, expected);
        };

        step("");
        fs::create_dir_all(path("src/deep")).expect("writable");
        fs::write(path("src/deep/a.md"), "a").expect("writable");
        step("src/deep/a.md");
        fs::write(path("src/deep/a.md"), "longer").expect("writable");
        step("src/deep/a.md");
        fs::write(path("src/.a.md.swp"), "").expect("writable");
        fs::write(path("src/a.md~"), "").expect("writable");
        step("");
        fs::write(path("later.css"), "").expect("writable");
        step("later.css");
        fs::remove_file(path("src/deep/a.md")).expect("writable");
        fs::write(path("src/deep/b.md"), "").expect("writable");
        step("src/deep/b.md src/deep/a.md");
    }
}
