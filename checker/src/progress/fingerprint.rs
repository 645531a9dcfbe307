use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::course::{Course, Slug, Sources};

/// SHA-256 of a text in hexadecimal, the same whether its lines end as on Unix or on Windows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of one text.
    pub fn of_text(text: &str) -> Self {
        Self::of_bytes(text.as_bytes())
    }

    /// The fingerprint of a file's bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::finish(Sha256::new().chain_update(unix_lines(bytes)))
    }

    /// The fingerprint of several files: of their names as well as of what they hold.
    fn of_files<N: AsRef<str>, B: AsRef<[u8]>>(files: impl Iterator<Item = (N, B)>) -> Self {
        let mut hasher = Sha256::new();
        for (name, bytes) in files {
            // A file's own fingerprint has a fixed length, so no two sets of files run together.
            hasher.update(Self::of_bytes(bytes.as_ref()).0);
            hasher.update(Self::of_text(name.as_ref()).0);
        }
        Self::finish(hasher)
    }

    fn finish(hasher: Sha256) -> Self {
        use std::fmt::Write as _;

        let mut hex = String::with_capacity(64);
        for byte in hasher.finalize() {
            write!(hex, "{byte:02x}").expect("a String takes all that is written to it");
        }
        Self(hex)
    }
}

fn unix_lines(bytes: &[u8]) -> Vec<u8> {
    let mut unix = Vec::with_capacity(bytes.len());
    for (at, &byte) in bytes.iter().enumerate() {
        if byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            unix.push(byte);
        }
    }
    unix
}

/// A lesson's files as they are now; `None` for what is not there or cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprints {
    /// The quiz.
    pub quiz: Option<Fingerprint>,
    /// The learner's files: the lesson's own, and what it uses of the others.
    pub source: Option<Fingerprint>,
    /// The test file and the compile-fail cases.
    pub tests: Option<Fingerprint>,
}

impl Fingerprints {
    /// Takes the fingerprints of the lesson `slug`.
    pub fn read(course: &Course, slug: &Slug) -> Self {
        let quiz = fs::read(course.quiz_path(slug)).ok();
        let sources = Sources::read(course, slug).ok();
        let has = |path: &Path| path.is_file();
        Self {
            quiz: quiz.map(|bytes| Fingerprint::of_bytes(&bytes)),
            source: sources
                .as_ref()
                .filter(|_| has(&course.exercise_path(slug)))
                .map(of_source),
            tests: sources
                .as_ref()
                .filter(|_| has(&course.tests_path(slug)))
                .map(of_tests),
        }
    }
}

/// All that decides what a run of a lesson's tests comes to, but for luck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltFrom {
    /// The learner's files: the lesson's own, and what it uses of the others.
    pub source: Fingerprint,
    /// The test file and the compile-fail cases.
    pub tests: Fingerprint,
    /// Manifests, versions, profile and the instruments.
    pub built_with: Fingerprint,
}

impl BuiltFrom {
    /// Takes the fingerprints of `sources`, and of what every lesson is built with.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn new(course: &Course, sources: &Sources) -> io::Result<Self> {
        let files = course.built_with()?;
        let files = files.iter().map(|(path, bytes)| (name(path), bytes));
        Ok(Self {
            source: of_source(sources),
            tests: of_tests(sources),
            built_with: Fingerprint::of_files(files),
        })
    }
}

/// An exercise in one file has the fingerprint of that file, as it had before exercises could have
/// several: progress that was made then still counts.
fn of_source(sources: &Sources) -> Fingerprint {
    let mut files: Vec<_> = sources.source().collect();
    let root = Path::new("exercises/src/lib.rs");
    if sources.has_own_root() {
        files.push((root, sources.crate_root().as_bytes()));
    }
    match files.as_slice() {
        [(_, only)] => Fingerprint::of_bytes(only),
        _ => Fingerprint::of_files(files.into_iter().map(|(path, bytes)| (name(path), bytes))),
    }
}

fn of_tests(sources: &Sources) -> Fingerprint {
    let files = sources.tests();
    Fingerprint::of_files(files.map(|(path, bytes)| {
        // By its name alone, since what is recorded has it so.
        let name = path.file_name().unwrap_or_default();
        (name.to_string_lossy().into_owned(), bytes)
    }))
}

/// The same on every system.
fn name(path: &Path) -> String {
    let parts = path.iter().map(|part| part.to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_sha_256_in_hexadecimal() {
        assert_eq!(
            Fingerprint::of_text("abc").0,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn line_endings_do_not_count() {
        let fingerprint = Fingerprint::of_text;
        assert_eq!(fingerprint("a\r\nb"), fingerprint("a\nb"));
        assert_ne!(fingerprint("a\nb"), fingerprint("ab"));
    }

    #[test]
    fn a_compile_fail_case_is_part_of_the_tests() {
        let root = tempfile::tempdir().expect("a folder");
        let course = Course::from_summary(root.path(), "# Summary\n- [A](a.md)\n").expect("course");
        let slug: Slug = "a".parse().expect("a slug");
        let write = |path: &Path, text: &str| {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            std::fs::write(path, text).expect("written");
        };
        assert_eq!(Fingerprints::read(&course, &slug).tests, None);
        write(&course.tests_path(&slug), "tests");
        let alone = Fingerprints::read(&course, &slug).tests;
        write(&course.compile_fail_path(&slug).join("case.rs"), "case");
        let with_case = Fingerprints::read(&course, &slug).tests;
        assert!(alone.is_some() && with_case.is_some());
        assert_ne!(alone, with_case);
    }

    #[test]
    fn an_exercise_in_one_file_has_that_files_fingerprint_and_a_helper_changes_it() {
        let root = tempfile::tempdir().expect("a folder");
        let course = Course::from_summary(root.path(), "# Summary\n- [A](a.md)\n").expect("course");
        let slug: Slug = "a".parse().expect("a slug");
        let write = |path: &str, text: &str| {
            let path = root.path().join("exercises/src").join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            fs::write(path, text).expect("written");
        };
        let source = || Fingerprints::read(&course, &slug).source;
        write("lib.rs", "//! Exercises.\npub mod a;\npub mod b;\n");
        write("a.rs", "mod split;\n");
        write("b.rs", "another lesson");
        assert_eq!(source(), Some(Fingerprint::of_text("mod split;\n")));
        write("a/split.rs", "one");
        let one = source();
        write("a/split.rs", "two");
        assert_ne!(one, source());
        write("b.rs", "another lesson, again");
        fs::remove_file(root.path().join("exercises/src/a/split.rs")).expect("removed");
        assert_eq!(source(), Some(Fingerprint::of_text("mod split;\n")));
    }
}
