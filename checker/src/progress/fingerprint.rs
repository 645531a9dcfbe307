use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::course::{Course, Slug};

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
    fn of_files<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut hasher = Sha256::new();
        for (name, bytes) in files {
            // A file's own fingerprint has a fixed length, so no two sets of files run together.
            hasher.update(Self::of_bytes(bytes).0);
            hasher.update(Self::of_text(name).0);
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

/// A lesson's files as they are now; `None` for a file that is not there or cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprints {
    /// The quiz.
    pub quiz: Option<Fingerprint>,
    /// The learner's file.
    pub source: Option<Fingerprint>,
    /// The test file and the compile-fail cases.
    pub tests: Option<Fingerprint>,
}

impl Fingerprints {
    /// Takes the fingerprints of the lesson `slug`.
    pub fn read(course: &Course, slug: &Slug) -> Self {
        Self {
            quiz: of_file(&course.quiz_path(slug)),
            source: of_file(&course.exercise_path(slug)),
            tests: of_tests(course, slug),
        }
    }
}

fn of_file(path: &Path) -> Option<Fingerprint> {
    Some(Fingerprint::of_bytes(&std::fs::read(path).ok()?))
}

fn of_tests(course: &Course, slug: &Slug) -> Option<Fingerprint> {
    let mut paths = vec![course.tests_path(slug)];
    // Most lessons have no compile-fail cases: a folder that is not there adds nothing.
    if let Ok(cases) = std::fs::read_dir(course.compile_fail_path(slug)) {
        let mut cases: Vec<PathBuf> = cases.flatten().map(|case| case.path()).collect();
        cases.retain(|path| path.is_file());
        cases.sort();
        paths.extend(cases);
    }
    let files = paths
        .iter()
        .map(|path| Some((path.file_name()?.to_str()?, std::fs::read(path).ok()?)))
        .collect::<Option<Vec<_>>>()?;
    Some(Fingerprint::of_files(
        files.iter().map(|(name, bytes)| (*name, bytes.as_slice())),
    ))
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
}
