//! Building what is not the learner's: scratch packages with the course's own versions, profile and
//! dependencies, and the lessons' own tests against other files than the learner's.

pub mod cargo;
mod scratch;
mod suite;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::course::Course;
use crate::process::{self, Limits, Outputs, Ran, Stop};

pub use cargo::{Built, Diagnostic, Target};
pub use scratch::{Scratch, dependencies, renamed, workspace};
pub(crate) use scratch::{make_absolute, workspace_of, write_if_changed};
pub use suite::{Ending, Program, Suite, TestName, Tried, modules, test_name};

/// How much a program may print.
const OUTPUT_LIMIT: u64 = 16 << 20;

/// How many tests of one program run at once, for libtest. Most of them wait for most of their time,
/// so a machine of two cores runs sixteen in half the time; and one that hangs keeps no other from
/// its turn.
pub const TEST_THREADS: (&str, &str) = ("RUST_TEST_THREADS", "16");

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
        let target = target_folder(course)?;
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

/// Cargo's target folder, which whatever is built here shares with the course.
///
/// # Errors
/// If the current folder is gone, and the environment names one that is relative to it.
pub fn target_folder(course: &Course) -> io::Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| course.root().join("target"), PathBuf::from);
    std::path::absolute(target)
}

/// Runs a program to its end, or until `limit` is over.
///
/// # Errors
/// If it cannot be run, or the user asked to stop.
pub fn run(command: Command, limit: Duration) -> io::Result<Ran> {
    run_until(command, limit, &Stop::never())
}

fn run_until(command: Command, limit: Duration, stop: &Stop) -> io::Result<Ran> {
    let limits = Limits {
        time: limit,
        output: OUTPUT_LIMIT,
    };
    process::run(command, limits, Outputs::Apart, stop, &mut ())
}
