//! What there is to judge.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use toml::Table;

use crate::course::{Course, ExerciseKind, Slug};
use crate::verify::Finding;
use crate::verify::heads::{self, Mistake};

/// A file that stands in for the exercise.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    /// Relative to the course's root.
    pub path: PathBuf,
    /// What the lesson's tests must make of it.
    pub expected: Expected,
    /// Crates that it needs beyond those of the exercises.
    pub crates: Table,
}

/// What the lesson's tests must make of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// Everything passes.
    Passes,
    /// One test rejects it in given words; others may.
    Rejected(Mistake),
}

/// The candidates of each lesson, in the order in which they are judged.
pub(super) type ByLesson = BTreeMap<Slug, Vec<Candidate>>;

/// All candidates of all lessons: the reference first, then the right ones, then the wrong ones.
/// Heads that cannot be read are findings.
pub(super) fn gather(course: &Course) -> Result<(ByLesson, Vec<Finding>)> {
    let mut all = BTreeMap::new();
    let mut findings = Vec::new();
    for lesson in course
        .lessons()
        .filter(|lesson| lesson.exercise == ExerciseKind::Program)
    {
        let slug = &lesson.slug;
        if !course.tests_path(slug).is_file() {
            continue;
        }
        let mut candidates = Vec::new();
        if course.solution_path(slug).is_file() {
            candidates.push(Candidate {
                path: relative(course, &course.solution_path(slug)),
                expected: Expected::Passes,
                crates: Table::new(),
            });
        }
        for path in rust_files(&course.right_solutions_path(slug))? {
            let shown = relative(course, &path);
            match heads::design(&shown, &read(&path)?) {
                Ok(design) => candidates.push(Candidate {
                    path: shown,
                    expected: Expected::Passes,
                    crates: design.crates,
                }),
                Err(finding) => findings.push(finding),
            }
        }
        for path in rust_files(&course.wrong_solutions_path(slug))? {
            let shown = relative(course, &path);
            match heads::mistake(&shown, &read(&path)?) {
                Ok(mistake) => candidates.push(Candidate {
                    path: shown,
                    expected: Expected::Rejected(mistake),
                    crates: Table::new(),
                }),
                Err(finding) => findings.push(finding),
            }
        }
        all.insert(slug.clone(), candidates);
    }
    Ok((all, findings))
}

fn relative(course: &Course, path: &Path) -> PathBuf {
    path.strip_prefix(course.root()).unwrap_or(path).to_owned()
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    Ok(files)
}
