//! Whether the lessons' tests notice changes to the reference: cargo-mutants thinks of the changes,
//! one place at a time, and here they are built and run as wrong solutions are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use checker::course::{Course, Finding, Slug};
use checker::run;
use checker::workshop::Workshop;
use rayon::prelude::*;
use serde::Deserialize;
use toml::Table;

use super::candidates::{ByLesson, Candidate, Expected};
use super::{Batch, Report, rounds};

/// What the rounds of changes are called, and where they are built.
const BATCH: Batch = Batch {
    folder: "changes",
    round: "change",
};

/// Where the changed references lie.
const CHANGED: &str = "changed";

/// One place of the reference, and what stands there instead. As `cargo mutants --list --json` has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Change {
    /// `solutions/src/channels.rs:18:9: replace room with 0`
    name: String,
    /// Relative to the course's root.
    file: PathBuf,
    span: Span,
    replacement: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Span {
    start: Position,
    /// Behind the last character.
    end: Position,
}

/// Both counted from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Position {
    line: usize,
    column: usize,
}

impl Position {
    fn offset(&self, text: &str) -> Option<usize> {
        let lines = text.split_inclusive('\n');
        let before: usize = lines.take(self.line.checked_sub(1)?).map(str::len).sum();
        let mut characters = text[before..].char_indices().map(|(at, _)| at);
        let rest = text.len() - before;
        let within = characters.nth(self.column.checked_sub(1)?).unwrap_or(rest);
        Some(before + within)
    }
}

impl Change {
    /// The lesson's name.
    fn lesson(&self) -> Option<&str> {
        self.file.file_stem()?.to_str()
    }

    /// The reference as changed. `None` if the place is not in it.
    fn applied(&self, reference: &str) -> Option<String> {
        let before = reference.get(..self.span.start.offset(reference)?)?;
        let after = reference.get(self.span.end.offset(reference)?..)?;
        Some(format!("{before}{}{after}", self.replacement))
    }

    /// What to say if no test fails.
    pub fn unnoticed(&self) -> Finding {
        let name = self
            .name
            .split_once(": ")
            .map_or(&*self.name, |(_, name)| name);
        let what = format!(
            "no test notices: {name}; add one, or list the change with the reason in \
             .cargo/mutants.toml"
        );
        Finding::on_line(&self.file, self.span.start.line, what)
    }
}

/// Builds and runs the changes that the file `list` holds, those of the chosen lessons or all.
///
/// # Errors
/// If the list is not what cargo-mutants writes, or something cannot be built or run.
pub fn check(course: &Course, workshop: &Workshop, list: &Path, chosen: &[Slug]) -> Result<Report> {
    let candidates = gather(course, workshop, list, chosen)?;
    let count: usize = candidates.values().map(Vec::len).sum();
    let (rounds, mut findings) = rounds::plan(candidates, BATCH.round);
    let mut errors = Vec::new();
    let (rounds, programs) = BATCH.build(course, workshop, rounds, &mut errors)?;
    // A change that does not compile needs no test. An error elsewhere hides what they would say.
    let folder = workshop.folder(CHANGED);
    errors.retain(|error| !error.path.starts_with(&folder));
    findings.extend(errors);
    let jobs = super::jobs(&rounds, &programs);
    let tallies = run::pool()?.install(|| {
        jobs.par_iter()
            .map(|job| job.run(course, workshop, &BATCH, 1))
            .collect::<Result<Vec<_>>>()
    })?;
    let noticed = tallies
        .iter()
        .filter(|tally| tally.findings.is_empty())
        .count();
    findings.extend(
        tallies
            .into_iter()
            .flat_map(|tally| tally.findings.into_keys()),
    );
    let notes = vec![format!(
        "changes: {noticed} noticed, {} unnoticed, {} do not compile",
        jobs.len() - noticed,
        count - jobs.len()
    )];
    Ok(Report {
        notes,
        ..Report::on(count, "change", findings)
    })
}

fn gather(course: &Course, workshop: &Workshop, list: &Path, chosen: &[Slug]) -> Result<ByLesson> {
    let text =
        fs::read_to_string(list).with_context(|| format!("{} cannot be read", list.display()))?;
    let listed: Vec<Change> = serde_json::from_str(&text)
        .with_context(|| format!("{} is no list of changes", list.display()))?;
    let folder = workshop.folder(CHANGED);
    fs::create_dir_all(&folder)?;
    let mut candidates: ByLesson = BTreeMap::new();
    for change in listed {
        let lesson = change.lesson().and_then(|name| course.lesson(name).ok());
        let Some(slug) = lesson.map(|lesson| &lesson.slug) else {
            continue;
        };
        if !chosen.is_empty() && !chosen.contains(slug) {
            continue;
        }
        let of_lesson = candidates.entry(slug.clone()).or_default();
        let reference = fs::read_to_string(course.solution_path(slug))?;
        let changed = change.applied(&reference).with_context(|| {
            format!(
                "{}: there is no such place; list the changes anew",
                change.name
            )
        })?;
        let path = folder.join(format!("{slug}_{}.rs", of_lesson.len() + 1));
        // What stays the same is left alone, so that cargo finds it built.
        if !fs::read_to_string(&path).is_ok_and(|there| there == changed) {
            fs::write(&path, changed)?;
        }
        of_lesson.push(Candidate {
            path,
            expected: Expected::Noticed(change),
            crates: Table::new(),
        });
    }
    Ok(candidates)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(start: (usize, usize), end: (usize, usize)) -> Change {
        let text = format!(
            r#"{{"package":"solutions","file":"solutions/src/sum.rs","genre":"FnValue",
                "name":"solutions/src/sum.rs:2:5: replace sum -> u64 with 0","replacement":"0",
                "span":{{"start":{{"line":{},"column":{}}},"end":{{"line":{},"column":{}}}}}}}"#,
            start.0, start.1, end.0, end.1
        );
        serde_json::from_str(&text).expect("as cargo-mutants writes it")
    }

    #[test]
    fn a_change_replaces_its_place_alone() {
        let reference = "fn sum() -> u64 {\n    /* ä */ 1 +\n    2\n}\n";
        assert_eq!(
            change((2, 13), (3, 6)).applied(reference).as_deref(),
            Some("fn sum() -> u64 {\n    /* ä */ 0\n}\n")
        );
        assert_eq!(
            change((1, 1), (4, 2)).applied(reference).as_deref(),
            Some("0\n")
        );
    }

    #[test]
    fn a_change_belongs_to_the_lesson_whose_file_it_changes() {
        assert_eq!(change((1, 1), (1, 2)).lesson(), Some("sum"));
    }

    #[test]
    fn what_no_test_notices_is_found_in_its_place() {
        let found = change((2, 5), (2, 6)).unnoticed().to_string();
        assert!(
            found.starts_with(
                "solutions/src/sum.rs:2: no test notices: replace sum -> u64 with 0; "
            ),
            "{found}"
        );
    }
}
