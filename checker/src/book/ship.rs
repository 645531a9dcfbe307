//! `{{#ship <slug>}}`: a whole program to take to work, `exercises/ship/src/bin/<slug>.rs`, below the
//! dependency lines that it needs.
//!
//! The program's head names its crates, and the features that it asks of them; the versions are
//! those of `Cargo.lock`, with which the course has tested it:
//!
//! ```text
//! //! Crates: anyhow, tokio (macros, rt-multi-thread)
//! ```

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use thiserror::Error;
use toml::{Table, Value};

use crate::course::{Course, Slug};

/// Marks the program's fence: its dependency lines stand above it.
pub(super) const MARK: &str = "ship";

/// How the line begins that names the crates.
const CRATES: &str = "//! Crates:";

/// Why a program cannot be shown.
#[derive(Debug, Error)]
pub enum ShipError {
    /// The file cannot be read.
    #[error("{} cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// Its head does not name its crates.
    #[error("{} has no line `//! Crates: anyhow, tokio (macros, rt)`", .0.display())]
    NoCrates(PathBuf),
    /// The lock file does not know one of them.
    #[error("{} names the crate `{name}`, which is not in Cargo.lock", .path.display())]
    NotLocked {
        /// The program.
        path: PathBuf,
        /// The crate.
        name: String,
    },
}

/// A program as a reader copies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ship {
    /// The lines of `[dependencies]`.
    pub dependencies: String,
    /// The whole file.
    pub program: String,
}

/// The program of `lesson` as Markdown: its dependency lines, then the whole file.
pub(super) fn render(course: &Course, lesson: &Slug) -> Result<String, ShipError> {
    let Ship {
        dependencies,
        program,
    } = Ship::of(course, lesson)?;
    Ok(format!(
        "```toml\n[dependencies]\n{dependencies}```\n\n```rust,{MARK}\n{program}```\n"
    ))
}

impl Ship {
    /// The file of the program of `lesson`, from the course's root.
    pub fn path(lesson: &Slug) -> PathBuf {
        PathBuf::from(format!("exercises/ship/src/bin/{lesson}.rs"))
    }

    /// Whether `chapter` shows the program of `lesson`.
    pub fn is_shown_in(chapter: &str, lesson: &Slug) -> bool {
        let directive = format!("{{{{#ship {lesson}}}}}");
        chapter.lines().any(|line| line.trim() == directive)
    }

    /// The program of `lesson`.
    ///
    /// # Errors
    /// If there is none, or it does not say which crates it needs.
    pub fn of(course: &Course, lesson: &Slug) -> Result<Self, ShipError> {
        let path = Self::path(lesson);
        let read = |path: PathBuf| {
            fs::read_to_string(course.root().join(&path))
                .map_err(|error| ShipError::Unreadable(path, error))
        };
        let program = read(path.clone())?;
        let lock = read(PathBuf::from("Cargo.lock"))?;
        let dependencies = dependencies(&program, &lock).map_err(|trouble| match trouble {
            Trouble::NoCrates => ShipError::NoCrates(path.clone()),
            Trouble::NotLocked(name) => ShipError::NotLocked {
                path: path.clone(),
                name,
            },
        })?;
        Ok(Self {
            dependencies,
            program: shown(&program),
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Trouble {
    NoCrates,
    NotLocked(String),
}

/// The lines of `[dependencies]`.
fn dependencies(program: &str, lock: &str) -> Result<String, Trouble> {
    let lock = lock.parse().unwrap_or_default();
    let mut lines = program.lines();
    let crates = lines.find_map(|line| line.strip_prefix(CRATES));
    let crates = crates.ok_or(Trouble::NoCrates)?;
    let mut out = String::new();
    for (name, features) in named(crates) {
        let version = version(&lock, name).ok_or_else(|| Trouble::NotLocked(name.to_owned()))?;
        // Writing to a `String` cannot fail.
        let _ = if features.is_empty() {
            writeln!(out, "{name} = \"{version}\"")
        } else {
            let features: Vec<_> = features.iter().map(|one| format!("\"{one}\"")).collect();
            writeln!(
                out,
                "{name} = {{ version = \"{version}\", features = [{}] }}",
                features.join(", ")
            )
        };
    }
    Ok(out)
}

/// `anyhow, tokio (macros, rt)` as crates with their features.
fn named(crates: &str) -> Vec<(&str, Vec<&str>)> {
    let mut named = Vec::new();
    let mut rest = crates.trim();
    while !rest.is_empty() {
        let end = rest.find([',', '(']).unwrap_or(rest.len());
        let name = rest[..end].trim();
        let mut features = Vec::new();
        rest = &rest[end..];
        if let Some(inside) = rest.strip_prefix('(') {
            let (listed, after) = inside.split_once(')').unwrap_or((inside, ""));
            features.extend(listed.split(',').map(str::trim));
            rest = after;
        }
        rest = rest.trim_start().trim_start_matches(',').trim_start();
        named.push((name, features));
    }
    named
}

/// The locked version of the crate `name`; of several, the last that is listed, which is the highest.
pub(super) fn version(lock: &Table, name: &str) -> Option<String> {
    let packages = lock.get("package")?.as_array()?;
    let text = |package: &Value, key: &str| package.get(key)?.as_str().map(str::to_owned);
    let named = packages.iter().rev();
    let mut named = named.filter(|package| text(package, "name").as_deref() == Some(name));
    text(named.next()?, "version")
}

/// The program without the line that names its crates: the dependency lines say the same.
fn shown(program: &str) -> String {
    let (head, rest) = program.split_once(CRATES).unwrap_or(("", program));
    let head = head.trim_end().trim_end_matches("//!").trim_end();
    let rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    format!("{head}\n{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str =
        "//! Counts.\n//!\n//! Crates: anyhow, tokio (macros, rt)\n\nfn main() {}\n";
    const LOCK: &str = "[[package]]\nname = \"anyhow\"\nversion = \"1.0.9\"\n\
                        [[package]]\nname = \"tokio\"\nversion = \"1.54.1\"\n";

    #[test]
    fn the_dependency_lines_have_locked_versions_and_the_features_asked_for() {
        assert_eq!(
            dependencies(PROGRAM, LOCK).expect("all are locked"),
            "anyhow = \"1.0.9\"\ntokio = { version = \"1.54.1\", features = [\"macros\", \"rt\"] }\n"
        );
        assert_eq!(shown(PROGRAM), "//! Counts.\n\nfn main() {}\n");
    }

    #[test]
    fn a_crate_that_is_not_locked_and_a_head_without_crates_are_said() {
        let other = PROGRAM.replace("anyhow", "eyre");
        assert_eq!(
            dependencies(&other, LOCK),
            Err(Trouble::NotLocked("eyre".to_owned()))
        );
        assert_eq!(dependencies("fn main() {}\n", LOCK), Err(Trouble::NoCrates));
    }

    #[test]
    fn the_crates_of_std_alone_are_none() {
        assert_eq!(dependencies("//! Crates:\n", LOCK), Ok(String::new()));
    }
}
