//! The solutions that stand beside the reference, for those who have solved the exercise: other
//! designs, and mistakes with the run that gives them away.

pub mod heads;
mod wording;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use record::report::Record;
use toml::Table;

use crate::course::{Course, Slug, brings_back};
use crate::workshop::{Scratch, Suite, Workshop};

pub use wording::Wording;

/// Another right solution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherDesign {
    /// Its file's name without the ending.
    pub name: String,
    /// Relative to the course's root.
    pub path: PathBuf,
    /// What it does differently, one sentence.
    pub sentence: String,
}

/// A wrong solution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMistake {
    /// Its file's name without the ending.
    pub name: String,
    /// Relative to the course's root.
    pub path: PathBuf,
    /// What is wrong with it, one sentence.
    pub sentence: String,
    /// The test that rejects it: `pattern::drop_waits`.
    pub rejected_by: String,
    /// What that test says; `…` stands for what differs from run to run.
    pub learner_sees: String,
}

/// The other designs of the lesson `slug`.
///
/// # Errors
/// If a file cannot be read, or has no head that says what it is: a [`Finding`](crate::course::Finding).
pub fn designs(course: &Course, slug: &Slug) -> Result<Vec<OtherDesign>> {
    let files = rust_files(&course.right_solutions_path(slug))?;
    let designs = files.iter().map(|file| {
        let path = relative(course, file);
        let design = heads::design(&path, &read(file)?)?;
        Ok(OtherDesign {
            name: name(&path),
            path,
            sentence: design.sentence,
        })
    });
    designs.collect()
}

/// The known mistakes of the lesson `slug`.
///
/// # Errors
/// If a file cannot be read, or has no head that says what it is: a [`Finding`](crate::course::Finding).
pub fn mistakes(course: &Course, slug: &Slug) -> Result<Vec<KnownMistake>> {
    let files = rust_files(&course.wrong_solutions_path(slug))?;
    let mistakes = files.iter().map(|file| {
        let path = relative(course, file);
        let mistake = heads::mistake(&path, &read(file)?)?;
        Ok(KnownMistake {
            name: name(&path),
            path,
            sentence: mistake.sentence,
            rejected_by: mistake.rejected_by,
            learner_sees: mistake.learner_sees.to_string(),
        })
    });
    mistakes.collect()
}

/// Runs the test that rejects each of `mistakes`, and hands over what it recorded; nothing where it
/// left no record.
///
/// # Errors
/// If a mistake does not compile, or cannot be run.
pub fn demonstrate(
    course: &Course,
    workshop: &Workshop,
    slug: &Slug,
    mistakes: &[&KnownMistake],
) -> Result<Vec<Option<Record>>> {
    let suites: Vec<Suite> = (1..)
        .zip(mistakes)
        .map(|(number, mistake)| Suite {
            // The same names each time: what cargo keeps of them does not grow.
            name: format!("mistake_{number}"),
            stand_ins: [(slug.clone(), course.root().join(&mistake.path))].into(),
            crates: Table::new(),
        })
        .collect();
    let mut scratch = Scratch::new(workshop, "mistakes");
    for suite in &suites {
        suite.write(&mut scratch, course, workshop)?;
    }
    let built = scratch.build(&["--workspace", "--tests", "--examples"])?;
    let folder = workshop.folder("mistakes");
    let shown = suites.iter().zip(mistakes).map(|(suite, mistake)| {
        let Some(program) = suite.program(course, &built)? else {
            let why = built.errors().next().map(|error| error.rendered.as_str());
            bail!(
                "{} does not compile; {} as it was shipped\n\n{}",
                mistake.path.display(),
                brings_back(&mistake.path),
                why.unwrap_or_default()
            );
        };
        let test = &mistake.rejected_by;
        let tried = suite.run_test(&program, workshop, &folder, slug, test)?;
        let record = tried.record(test).cloned();
        Ok(record.map(|record| with_short_place(record, course)))
    });
    shown.collect()
}

/// The scratch build names the course's files by their whole path.
fn with_short_place(mut record: Record, course: &Course) -> Record {
    use record::report::Outcome::{
        Deadlocked, Failed, NotJudged, NotWritten, RejectedForTheWrongReason, TimedOut,
    };
    if let Failed(failure)
    | Deadlocked(failure)
    | TimedOut(failure)
    | NotWritten(failure)
    | RejectedForTheWrongReason(failure)
    | NotJudged(failure) = &mut record.outcome
        && let Some(place) = &mut failure.place
    {
        *place = relative(course, Path::new(place)).display().to_string();
    }
    record
}

fn name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// As the course's root sees it.
pub fn relative(course: &Course, path: &Path) -> PathBuf {
    path.strip_prefix(course.root()).unwrap_or(path).to_owned()
}

/// Reads a solution.
///
/// # Errors
/// If it cannot be read, with its path.
pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// The Rust files of `folder`, by name; none if there is no such folder.
pub fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
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
