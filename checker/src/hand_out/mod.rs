//! A copy of the course for learners, without what gives the exercises away and what only authors
//! need. Made again in the same folder it takes over what is new and leaves the learner's work alone.

mod manifest;
pub mod vendored;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use thiserror::Error;

use crate::course::Course;
use crate::run;
pub use work::{Work, put_in};

/// The packages that stay behind.
const GONE: [&str; 3] = ["solutions", "solutions/verify", "checker/author"];

/// What is handed out. What is not named stays behind: a trainer keeps more than the course in a
/// folder.
const HANDED_OUT: [&str; 15] = [
    ".cargo/config.toml",
    ".devcontainer",
    ".gitignore",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "book.toml",
    "checker",
    "docs",
    "exercises",
    "quiz",
    "rust-toolchain.toml",
    "src",
];

/// What of it stays behind all the same.
const LEFT_OUT: [&str; 10] = [
    "checker/author",
    "checker/benches",
    "checker/browser",
    "checker/tests",
    "docs/grade.sh",
    "docs/grade.yml",
    "exercises/all_lessons.rs",
    // From `checker/stubs`: the trainer may have solved some.
    "exercises/src",
    "exercises/worked/benches",
    // For the trainer alone.
    "src/notes",
];

/// The unit tests of the checker read these.
const HANDED_OUT_ALL_THE_SAME: [&str; 1] = ["checker/tests/fixtures"];

/// Lists what was handed out, so that the next time what is gone from the course can go.
const LIST: &str = "checker/handed_out.txt";

/// Why no copy can be made.
#[derive(Debug, Error)]
pub enum HandOutError {
    /// There is something else.
    #[error(
        "{} holds something that was not handed out; name a folder that is new, empty, or a copy \
         from before", .0.display()
    )]
    Taken(PathBuf),
    /// Its settings would hold for the copy, and the copy's for it.
    #[error("{} lies in the course; name a folder outside it", .0.display())]
    Inside(PathBuf),
}

/// What a copy came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOut {
    /// Files that are new or different.
    pub written: usize,
    /// Files that the course no longer has.
    pub removed: usize,
    /// Exercises that a learner has begun: they are as they were. Relative to the copy.
    pub kept: Vec<PathBuf>,
}

/// Paths below the course, and what the files hold.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Makes a copy of `course` in `folder`, or brings the one that is there up to date.
///
/// # Errors
/// If `folder` is no place for it, or a file cannot be read or written.
pub fn hand_out(course: &Course, folder: &Path) -> Result<HandedOut> {
    let before = former(course, folder)?;
    let files = files(course)?;
    let mut copy = Copy { folder, written: 0 };
    // While the old stubs are there: they tell an exercise that was begun from one that was not.
    let exercises = Exercises::of(course, folder)?;
    for (path, bytes) in exercises.written.iter().chain(&files) {
        copy.write(path, bytes)?;
    }
    let mut removed = 0;
    for path in before.iter().filter(|path| !files.contains_key(*path)) {
        match fs::remove_file(folder.join(path)) {
            Ok(()) => removed += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("{} cannot be removed", path.display()));
            }
        }
    }
    let list: Vec<String> = files
        .keys()
        .map(|path| path.display().to_string())
        .collect();
    copy.write(Path::new(LIST), (list.join("\n") + "\n").as_bytes())?;
    Ok(HandedOut {
        written: copy.written,
        removed,
        kept: exercises.kept,
    })
}

/// The list of the copy that is in `folder`; empty if none is.
fn former(course: &Course, folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let whole = std::path::absolute(folder)?;
    let existing = whole.ancestors().find(|folder| folder.exists());
    let real = existing.unwrap_or(&whole).canonicalize()?;
    if real.starts_with(course.root().canonicalize()?) {
        return Err(HandOutError::Inside(folder.to_owned()).into());
    }
    match fs::read_to_string(folder.join(LIST)) {
        Ok(list) => Ok(list
            .lines()
            .map(PathBuf::from)
            .filter(|path| is_below(path))
            .collect()),
        Err(_) if is_empty(folder)? => Ok(BTreeSet::new()),
        Err(_) => Err(HandOutError::Taken(folder.to_owned()).into()),
    }
}

/// Whether a path of the list stays within the copy and leaves the learner's work alone.
fn is_below(path: &Path) -> bool {
    let plain = |part| matches!(part, std::path::Component::Normal(_));
    path.components().all(plain)
        && !path.starts_with("exercises/src")
        && !path.starts_with(".checker")
}

/// Also if there is no such folder. A repository may have been made first.
fn is_empty(folder: &Path) -> Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => {
            Ok(entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == ".git")))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", folder.display())),
    }
}

/// All that is handed out but the exercises.
fn files(course: &Course) -> Result<Files> {
    let mut files = Files::new();
    for path in HANDED_OUT.iter().chain(&HANDED_OUT_ALL_THE_SAME) {
        collect(course, Path::new(path), &mut files)?;
    }
    for (path, bytes) in &mut files {
        let edit =
            |edited: fn(&str) -> String| edited(&String::from_utf8_lossy(bytes)).into_bytes();
        if path == Path::new("Cargo.toml") {
            let text = String::from_utf8_lossy(bytes);
            let text = manifest::without_members(&text, &GONE)?;
            *bytes = manifest::without_profiles(&text, &["author"]).into_bytes();
        } else if path.ends_with("Cargo.toml") {
            *bytes = edit(manifest::without_benches);
        } else if path == Path::new(".cargo/config.toml") {
            // Who types it is told that the authors' part is not in this copy.
            *bytes = edit(|text| text.replace("\"run -p author --\"", "\"run -p checker --\""));
        }
    }
    Ok(files)
}

fn collect(course: &Course, path: &Path, files: &mut Files) -> Result<()> {
    let left_out = LEFT_OUT.iter().any(|left_out| path == Path::new(left_out));
    let whole = course.root().join(path);
    if left_out || is_by_the_way(path) {
        return Ok(());
    }
    if whole.is_dir() {
        for entry in fs::read_dir(&whole)? {
            collect(course, &path.join(entry?.file_name()), files)?;
        }
    } else if whole.is_file() {
        let bytes =
            fs::read(&whole).with_context(|| format!("{} cannot be read", path.display()))?;
        files.insert(path.to_owned(), bytes);
    }
    Ok(())
}

/// What editors and builds leave.
fn is_by_the_way(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hidden =
        name.starts_with('.') && ![".cargo", ".devcontainer", ".gitignore"].contains(&&*name);
    hidden || name.ends_with('~') || ["target", "node_modules"].contains(&&*name)
}

/// What becomes of the exercises of a copy.
#[derive(Default)]
struct Exercises {
    /// As they are shipped.
    written: Files,
    /// As a learner has left them.
    kept: Vec<PathBuf>,
}

impl Exercises {
    fn of(course: &Course, folder: &Path) -> Result<Self> {
        let mut exercises = Self::default();
        for lesson in course.lessons() {
            let stub = course.stub_path(&lesson.slug);
            let Ok(shipped) = fs::read(&stub) else {
                continue;
            };
            let path = relative(course, &course.exercise_path(&lesson.slug));
            let former = fs::read(folder.join(relative(course, &stub))).ok();
            let mine = read(&folder.join(&path))?;
            if mine.is_some() && mine != former && mine.as_ref() != Some(&shipped) {
                exercises.kept.push(path);
            } else {
                exercises.written.insert(path, shipped);
            }
        }
        let path = PathBuf::from("exercises/src/lib.rs");
        let shipped = fs::read_to_string(course.root().join(&path))
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let lib = match read(&folder.join(&path))? {
            Some(mine) => {
                let mine = String::from_utf8(mine)
                    .with_context(|| format!("{} is no text", path.display()))?;
                work::with_modules_of(&mine, &shipped)
            }
            None => shipped,
        };
        exercises.written.insert(path, lib.into_bytes());
        Ok(exercises)
    }
}

/// What is in the file; `None` if there is none. One that cannot be read is a learner's all the same.
fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

fn relative(course: &Course, path: &Path) -> PathBuf {
    path.strip_prefix(course.root()).unwrap_or(path).to_owned()
}

/// Takes out of the copy's `Cargo.lock` what only the packages that stayed behind needed. Only cargo knows
/// which features ask for what; it needs no network, for every version is chosen already. Where it
/// fails all the same, the next build does the same thing.
pub fn trim_lock(folder: &Path) {
    let _ = Command::new(run::cargo())
        .current_dir(folder)
        .args(["update", "--workspace", "--offline", "--quiet"])
        .stderr(Stdio::null())
        .status();
}

struct Copy<'a> {
    folder: &'a Path,
    written: usize,
}

impl Copy<'_> {
    /// What is as it should be keeps its time, and cargo has nothing to build anew.
    fn write(&mut self, path: &Path, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(path);
        if fs::read(&path).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        let write = || {
            fs::create_dir_all(path.parent().expect("it lies in the copy"))?;
            fs::write(&path, bytes)
        };
        write().with_context(|| format!("{} cannot be written", path.display()))?;
        self.written += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
