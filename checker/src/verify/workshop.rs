use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::course::Course;

/// What the course's files are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Somebody works here: the exercises may be solved by now.
    InUse,
    /// A clean copy: the exercises are as the course ships them.
    AsShipped,
    /// The author takes what is derived as it comes out now.
    Bless,
}

/// Where `verify` builds: a folder of its own under cargo's target folder, in which dependencies
/// that the course has built already are found built. Nobody else verifies while it is open.
#[derive(Debug)]
pub struct Workshop {
    root: PathBuf,
    target: PathBuf,
    mode: Mode,
    /// Holds the lock, which the system takes back when the process ends.
    _lock: File,
}

impl Workshop {
    /// Opens the workshop, waiting while another `verify` works in it.
    ///
    /// # Errors
    /// If the folder cannot be made or locked.
    pub fn open(course: &Course, mode: Mode) -> Result<Self> {
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| course.root().join("target"), PathBuf::from);
        let target = std::path::absolute(target)?;
        let folder = target.join("verify");
        fs::create_dir_all(&folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let lock = File::create(folder.join("lock"))?;
        if lock.try_lock().is_err() {
            eprintln!("Another `verify` is at work here; waiting for it.");
            lock.lock()
                .with_context(|| format!("{} cannot be locked", folder.display()))?;
        }
        Ok(Self {
            root: course.root().to_owned(),
            target,
            mode,
            _lock: lock,
        })
    }

    /// The course's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target folder.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The folder that belongs to the check called `name`.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.target.join("verify").join(name)
    }

    /// What the course's files are taken for.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Says on stderr what takes a while.
    pub fn say(&self, what: &str) {
        eprintln!("  {what}");
    }
}
