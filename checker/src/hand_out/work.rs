//! A learner's work, taken from a repository that nobody has looked through.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::workshop::modules;

/// What was taken, relative to the learner's folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Work {
    /// Sources of the exercises, and the progress log.
    pub taken: Vec<PathBuf>,
    /// Links, pipes and the like: they could lead to files of the machine that judges.
    pub left: Vec<PathBuf>,
}

/// Where a learner's sources lie.
const SOURCES: &str = "exercises/src";

/// What a learner who answers quizzes in a terminal hands in.
const PROGRESS: &str = ".checker/progress.jsonl";

/// Puts the work of the repository `learner` into the copy of the course in `folder`: the Rust files of
/// `exercises/src` and the progress log. Nothing else of it: a manifest, a build script, cargo's
/// settings or a toolchain file would take effect on the machine that judges.
///
/// # Errors
/// If the learner's folder has no exercises, or a file cannot be read or written.
pub fn put_in(folder: &Path, learner: &Path) -> Result<Work> {
    let mut work = Work::default();
    for part in ["exercises", SOURCES] {
        let path = learner.join(part);
        if path.is_symlink() || !path.is_dir() {
            bail!(
                "{} is no folder; a learner's work lies in {SOURCES}",
                path.display()
            );
        }
    }
    take(learner, folder, Path::new(SOURCES), &mut work)?;
    let keeps_progress = [".checker", PROGRESS].map(|part| learner.join(part));
    if keeps_progress.iter().all(|path| !path.is_symlink()) && keeps_progress[1].is_file() {
        copy(learner, folder, Path::new(PROGRESS))?;
        work.taken.push(PROGRESS.into());
    }
    let lib = Path::new(SOURCES).join("lib.rs");
    if work.taken.contains(&lib) {
        add_modules(folder, &lib)?;
    }
    work.taken.sort();
    work.left.sort();
    Ok(work)
}

fn take(learner: &Path, folder: &Path, within: &Path, work: &mut Work) -> Result<()> {
    for entry in fs::read_dir(learner.join(within))? {
        let entry = entry?;
        let (path, kind) = (within.join(entry.file_name()), entry.file_type()?);
        let is_rust = path.extension().is_some_and(|ending| ending == "rs");
        if kind.is_dir() {
            take(learner, folder, &path, work)?;
        } else if kind.is_file() && is_rust {
            copy(learner, folder, &path)?;
            work.taken.push(path);
        } else {
            work.left.push(path);
        }
    }
    Ok(())
}

fn copy(learner: &Path, folder: &Path, path: &Path) -> Result<()> {
    let into = folder.join(path);
    let copy = || {
        fs::create_dir_all(into.parent().expect("it lies in the copy"))?;
        // Bytes alone: neither permissions nor times are the learner's.
        fs::write(&into, fs::read(learner.join(path))?)
    };
    copy().with_context(|| format!("{} cannot be taken over", path.display()))
}

/// A learner's `lib.rs` may be older than the course.
fn add_modules(folder: &Path, lib: &Path) -> Result<()> {
    let mine = fs::read_to_string(folder.join(lib))
        .with_context(|| format!("{} is no text", lib.display()))?;
    let stubs = fs::read_dir(folder.join("checker/stubs"))?;
    let mut shipped: Vec<String> = stubs
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            Some(format!("pub mod {};\n", name.strip_suffix(".rs")?))
        })
        .collect();
    shipped.sort();
    let whole = with_modules_of(&mine, &shipped.concat());
    Ok(fs::write(folder.join(lib), whole)?)
}

/// A learner's `lib.rs` with the modules that the course's has and it does not.
pub(super) fn with_modules_of(mine: &str, shipped: &str) -> String {
    let mut whole = mine.to_owned();
    for module in modules(shipped).filter(|module| !modules(mine).any(|known| known == *module)) {
        if !whole.ends_with('\n') {
            whole.push('\n');
        }
        let _ = writeln!(whole, "pub mod {module};");
    }
    whole
}
