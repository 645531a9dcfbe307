//! What there is to judge.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use checker::course::{Course, ExerciseKind, Finding, Slug};
use checker::solutions::{
    heads::{self, Mistake},
    read, relative, rust_files,
};
use toml::Table;

use super::changes::Change;

/// A file that stands in for the exercise.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    /// Relative to the course's root; absolute if it is none of the course's files.
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
    /// It is the reference with this change: some test fails, whichever.
    Noticed(Change),
}

/// The candidates of each lesson, in the order in which they are judged.
pub(super) type ByLesson = BTreeMap<Slug, Vec<Candidate>>;

/// All candidates of the chosen lessons, or of all: the reference first, then the right ones, then
/// the wrong ones. Heads that cannot be read are findings.
pub(super) fn gather(course: &Course, chosen: &[Slug]) -> Result<(ByLesson, Vec<Finding>)> {
    let mut all = BTreeMap::new();
    let mut findings = Vec::new();
    for lesson in course
        .lessons()
        .filter(|lesson| lesson.exercise == ExerciseKind::Program)
        .filter(|lesson| chosen.is_empty() || chosen.contains(&lesson.slug))
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
