//! What a lesson's program is built from.
//!
//! The learner has one crate for all lessons. A lesson's program is built from less: from the
//! lesson's own module with what lies in the folder of its name, and from what these name of the
//! rest of the crate. Whatever it does not name can neither break it nor change its verdict.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Course, Slug};

mod root;

use root::Root;

/// The files of one lesson, read at one moment. Paths are relative to the course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    root: Root,
    /// The learner's.
    source: Files,
    /// The test file first, then the programs that must not compile, then what tests share.
    tests: Vec<(PathBuf, Vec<u8>)>,
    cases: Vec<Case>,
}

/// What files hold, by path.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A program that must not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// As the tests name it: `worker_pool/job_not_send.rs`.
    pub file: String,
    /// Where it lies, relative to the course.
    pub path: PathBuf,
}

/// What the tests of every lesson stand on, below `exercises`.
const INSTRUMENTS: [&str; 3] = ["instruments", "record", "sync"];

impl Course {
    /// What every lesson is built with: manifests, versions, profile, build script, instruments.
    /// Paths are relative to the course.
    ///
    /// # Errors
    /// If a file that is there cannot be read.
    pub fn built_with(&self) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
        let mut paths: Vec<PathBuf> = ["Cargo.toml", "Cargo.lock", "exercises/Cargo.toml"]
            .map(PathBuf::from)
            .into();
        paths.push("exercises/build.rs".into());
        for package in INSTRUMENTS {
            let package = Path::new("exercises").join(package);
            paths.extend([package.join("Cargo.toml"), package.join("src")]);
        }
        let files = paths.iter().map(|path| below(self.root(), path));
        Ok(files.collect::<io::Result<Vec<_>>>()?.concat())
    }
}

const SRC: &str = "exercises/src";
const TESTS: &str = "exercises/tests";

impl Sources {
    /// Reads the files of the lesson `slug`. What is missing is left out, see [`Self::missing`].
    ///
    /// # Errors
    /// If a file that is there cannot be read.
    pub fn read(course: &Course, slug: &Slug) -> io::Result<Self> {
        let lib = read(&course.root().join(SRC).join("lib.rs"))?.unwrap_or_default();
        let lib = Root::parse(&String::from_utf8_lossy(&lib));
        let (source, used) = source(course, slug, &lib)?;
        let (tests, cases) = tests(course, slug)?;
        Ok(Self {
            root: lib.reduced_to(&used),
            source,
            tests,
            cases,
        })
    }

    /// The file that the lesson lacks, if it lacks one.
    pub fn missing(&self, course: &Course, slug: &Slug) -> Option<PathBuf> {
        let has = |path: &Path| {
            let relative = path.strip_prefix(course.root()).unwrap_or(path);
            self.files().any(|(path, _)| path == relative)
        };
        let needed = [course.exercise_path(slug), course.tests_path(slug)];
        needed.into_iter().find(|path| !has(path))
    }

    /// The learner's files: the lesson's module, and what it uses.
    pub fn source(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        let files = self.source.iter();
        files.map(|(path, bytes)| (path.as_path(), bytes.as_slice()))
    }

    /// The test file first, then the programs that must not compile, then what tests share.
    pub fn tests(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        let files = self.tests.iter();
        files.map(|(path, bytes)| (path.as_path(), bytes.as_slice()))
    }

    /// All files but the crate's root.
    pub fn files(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        self.source().chain(self.tests())
    }

    /// The learner's `lib.rs` without the modules that the lesson does not use. Lines keep their
    /// numbers.
    pub fn crate_root(&self) -> &str {
        &self.root.text
    }

    /// Whether `lib.rs` holds more than a list of modules.
    pub fn has_own_root(&self) -> bool {
        !self.root.is_plain
    }

    /// The programs that must not compile.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Whether the file at `path` is one of them.
    pub fn contain(&self, path: &Path) -> bool {
        self.files().any(|(own, _)| own == path)
    }
}

/// The learner's files that the lesson's program is built from, and the modules among them.
fn source(course: &Course, slug: &Slug, lib: &Root) -> io::Result<(Files, Vec<String>)> {
    let mut files = BTreeMap::new();
    let mut used = vec![slug.to_string()];
    let mut texts = Texts::default();
    let mut next = 0;
    let entries = entries(&course.root().join(SRC))?;
    while let Some(module) = used.get(next) {
        next += 1;
        let own = entries.iter().filter(|entry| stem(entry) == module);
        for name in own {
            for (path, bytes) in below(course.root(), &Path::new(SRC).join(name))? {
                texts.add(&bytes);
                files.insert(path, bytes);
            }
        }
        for name in &entries {
            let module = stem(name);
            if name == "lib.rs" || used.iter().any(|used| used == module) {
                continue;
            }
            // Every lesson has a name that comments use as well.
            let is_named = if course.lessons().any(|other| other.slug.as_str() == module) {
                texts.use_module(module)
            } else {
                // What else `lib.rs` says may use whatever it declares.
                texts.name(module) || (!lib.is_plain && lib.declares(module))
            };
            if is_named {
                used.push(module.to_owned());
            }
        }
    }
    Ok((files, used))
}

/// What a lesson's files say.
#[derive(Default)]
struct Texts(String);

impl Texts {
    fn add(&mut self, bytes: &[u8]) {
        self.0.push_str(&String::from_utf8_lossy(bytes));
        self.0.push('\n');
    }

    /// Whether the word `name` occurs.
    fn name(&self, name: &str) -> bool {
        self.0.match_indices(name).any(|(at, _)| {
            let before = self.0[..at].chars().next_back();
            let after = self.0[at + name.len()..].chars().next();
            !before.is_some_and(is_of_a_word) && !after.is_some_and(is_of_a_word)
        })
    }

    /// Whether a path leads to the module `name` of the crate: `crate::name`, or `name` within the
    /// braces of `use crate::{…}`.
    fn use_module(&self, name: &str) -> bool {
        ["crate::", "super::"].iter().any(|prefix| {
            self.0.match_indices(prefix).any(|(at, _)| {
                let path = self.0[at + prefix.len()..].trim_start();
                match path.strip_prefix('{') {
                    Some(list) => {
                        let end = list.find(';').unwrap_or(list.len());
                        let mut words = list[..end].split(|c| !is_of_a_word(c));
                        words.any(|word| word == name)
                    }
                    None => path
                        .strip_prefix(name)
                        .is_some_and(|rest| !rest.starts_with(is_of_a_word)),
                }
            })
        })
    }
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `pool` of `pool.rs` and of the folder `pool`.
fn stem(name: &str) -> &str {
    name.split_once('.').map_or(name, |(stem, _)| stem)
}

type Tests = (Vec<(PathBuf, Vec<u8>)>, Vec<Case>);

fn tests(course: &Course, slug: &Slug) -> io::Result<Tests> {
    let relative = |path: &Path| {
        let relative = path.strip_prefix(course.root());
        relative.unwrap_or(path).to_owned()
    };
    let mut tests = below(course.root(), &relative(&course.tests_path(slug)))?;
    let programs = below(course.root(), &relative(&course.compile_fail_path(slug)))?;
    let cases = programs.iter().filter_map(|(path, _)| {
        let name = path.file_name()?.to_str()?;
        let file = format!("{slug}/{name}");
        is_rust(path).then(|| Case {
            file,
            path: path.clone(),
        })
    });
    let cases = cases.collect();
    tests.extend(programs);
    // `mod common;` in a test file means `tests/common/mod.rs`.
    for name in entries(&course.root().join(TESTS))? {
        let folder = Path::new(TESTS).join(&name);
        if name != "ui" && course.root().join(&folder).is_dir() {
            tests.extend(below(course.root(), &folder)?);
        }
    }
    Ok((tests, cases))
}

/// Whether the file holds a program.
pub(crate) fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// The file at `path`, or all files below it, in their order. None if there is no such thing.
fn below(root: &Path, path: &Path) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let absolute = root.join(path);
    if !absolute.is_dir() {
        let file = read(&absolute)?;
        return Ok(file
            .map(|bytes| (path.to_owned(), bytes))
            .into_iter()
            .collect());
    }
    let mut files = Vec::new();
    for name in entries(&absolute)? {
        files.extend(below(root, &path.join(name))?);
    }
    Ok(files)
}

/// The names in a folder, in order, without what editors leave there. None if there is no folder.
fn entries(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    match fs::read_dir(folder) {
        Ok(entries) => {
            for entry in entries {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if !name.starts_with('.') && !name.ends_with('~') {
                    names.push(name);
                }
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    names.sort();
    Ok(names)
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io::Error::new(
            error.kind(),
            format!("{}: {error}", path.display()),
        )),
    }
}

#[cfg(test)]
mod tests;
