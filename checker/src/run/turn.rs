//! Whose turn it is to run a lesson's tests. `serve`, `watch` and `check` may be at work side by
//! side, and a save concerns them all: one of them runs the tests, and the others take over what
//! that came to.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::RunError;
use super::build::without_colours;
use crate::course::Slug;
use crate::process::{self, Stop};
use crate::progress::{BuiltFrom, Fingerprint};
use crate::verdict::{CompileError, Ran, Verdict};

/// How often a lock is tried that another process holds.
const GLANCE: Duration = Duration::from_millis(20);

/// After how long a wait is explained.
const SLOW: Duration = Duration::from_secs(3);

/// The right to run the tests of one lesson, until dropped.
#[derive(Debug)]
pub(super) struct Turn {
    /// Holds the lock, which the system takes back when the process ends.
    _lock: File,
    was_waited_for: bool,
    last: PathBuf,
}

/// A run that came to a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Finished {
    /// Exactly what it was a run of.
    pub of: Asked,
    /// What it came to.
    pub came_to: CameTo,
}

/// What a run is asked for: where all of this is the same, one run answers for both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub source: Fingerprint,
    pub tests: Fingerprint,
    pub built_with: Fingerprint,
    pub limit: Duration,
}

/// What a verdict is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum CameTo {
    Ran(Ran),
    DidNotCompile(CompileError),
    Blocked(CompileError),
}

impl Asked {
    pub fn of(files: &BuiltFrom, limit: Duration) -> Self {
        Self {
            source: files.source.clone(),
            tests: files.tests.clone(),
            built_with: files.built_with.clone(),
            limit,
        }
    }
}

impl CameTo {
    /// The compiler is always asked for colours, so that a run answers for terminals and for pages.
    pub fn without_colours(mut self) -> Self {
        if let Self::DidNotCompile(error) | Self::Blocked(error) = &mut self {
            error.rendered = without_colours(&error.rendered);
        }
        self
    }

    pub fn verdict(self) -> Verdict {
        match self {
            Self::Ran(ran) => Verdict::of(ran),
            Self::DidNotCompile(error) => Verdict::DidNotCompile(error),
            Self::Blocked(error) => Verdict::Blocked(error),
        }
    }
}

impl Turn {
    /// Takes the turn for the lesson `slug`, waiting while another process has it. `folder` is where
    /// all turns are.
    pub fn take(
        folder: &Path,
        slug: &Slug,
        stop: &Stop,
        note: impl FnOnce(),
    ) -> Result<Self, RunError> {
        let (lock, was_waited_for) = lock(&folder.join(format!("{slug}.lock")), stop, note)?;
        Ok(Self {
            _lock: lock,
            was_waited_for,
            last: folder.join(format!("{slug}.json")),
        })
    }

    /// What the process that was waited for came to, if it was asked for the same.
    pub fn taken_over(&self, asked: &Asked) -> Option<CameTo> {
        if !self.was_waited_for {
            return None;
        }
        let finished: Finished = serde_json::from_slice(&fs::read(&self.last).ok()?).ok()?;
        (finished.of == *asked).then_some(finished.came_to)
    }

    /// Leaves a run behind for those that wait.
    pub fn leave(&self, finished: &Finished) -> io::Result<()> {
        let text = serde_json::to_vec(finished)?;
        // Nobody reads while the lock is held, and what a kill has torn is no JSON.
        fs::write(&self.last, text)
    }
}

/// Locks the file at `path`; also tells whether another process had to be waited for.
pub(super) fn lock(
    path: &Path,
    stop: &Stop,
    note: impl FnOnce(),
) -> Result<(File, bool), RunError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(RunError::Io)?;
    }
    let file = File::create(path).map_err(RunError::Io)?;
    let began = Instant::now();
    let mut note = Some(note);
    let mut was_waited_for = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok((file, was_waited_for)),
            Err(TryLockError::Error(error)) => return Err(RunError::Io(error)),
            Err(TryLockError::WouldBlock) => was_waited_for = true,
        }
        if stop.is_wanted() || process::interrupted() {
            return Err(RunError::Interrupted);
        }
        if began.elapsed() > SLOW
            && let Some(note) = note.take()
        {
            note();
        }
        thread::sleep(GLANCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(source: &str) -> Asked {
        Asked {
            source: Fingerprint::of_text(source),
            tests: Fingerprint::of_text("tests"),
            built_with: Fingerprint::of_text("world"),
            limit: Duration::from_secs(1),
        }
    }

    fn take(folder: &Path) -> Turn {
        let slug = "pool".parse().expect("a slug");
        Turn::take(folder, &slug, &Stop::never(), || ()).expect("taken")
    }

    fn error() -> CompileError {
        CompileError {
            place: None,
            rendered: "error".to_owned(),
            more: 0,
        }
    }

    #[test]
    fn who_waited_takes_over_a_run_of_the_same_files_and_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = take(folder.path());
        assert_eq!(first.taken_over(&asked("a")), None);
        thread::scope(|scope| {
            let second = scope.spawn(|| take(folder.path()));
            first
                .leave(&Finished {
                    of: asked("a"),
                    came_to: CameTo::DidNotCompile(error()),
                })
                .expect("written");
            // The second is under way, or waits already: only in the second case may it take over.
            drop(first);
            let second = second.join().expect("it takes its turn");
            assert_eq!(second.taken_over(&asked("b")), None);
            let expected = second
                .was_waited_for
                .then(|| CameTo::DidNotCompile(error()));
            assert_eq!(second.taken_over(&asked("a")), expected);
        });
        let third = take(folder.path());
        // A program that another test starts at this moment holds the lock from its fork to its exec.
        if !third.was_waited_for {
            assert_eq!(third.taken_over(&asked("a")), None, "it asked afterwards");
        }
    }

    #[test]
    fn a_wait_ends_when_somebody_asks_for_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let _first = take(folder.path());
        let stopper = crate::process::Stopper::default();
        stopper.stop();
        let slug = "pool".parse().expect("a slug");
        let second = Turn::take(folder.path(), &slug, &stopper.handle(), || ());
        assert!(matches!(second, Err(RunError::Interrupted)));
    }
}
