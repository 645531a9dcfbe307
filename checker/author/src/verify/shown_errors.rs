//! The compiler errors that chapters show: `exercises/worked/does_not_compile/<slug>/<name>.rs`
//! with the compiler's words beside it in `<name>.stderr`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use checker::course::{Course, Finding};
use checker::workshop::{Mode, Target, Workshop};

use super::Report;
use super::programs::{self, Program, Wanted};

mod words;

/// Where the programs lie that do not compile, a folder a lesson.
const FOLDER: &str = "exercises/worked/does_not_compile";

pub(super) fn check(course: &Course, workshop: &Workshop) -> Result<Report> {
    let shown = gather(course)?;
    let mut batch = Vec::new();
    for (name, path) in &shown {
        batch.push(Program {
            name: name.clone(),
            text: fs::read_to_string(course.root().join(path))?,
            wanted: Wanted::Executable,
        });
    }
    let built = programs::build(workshop, "shown_errors", &batch)?;
    let chapters = chapters(course);
    let mut findings = leftovers(course)?;
    let mut blessed = Vec::new();
    for (name, path) in &shown {
        let target = built
            .target(name)
            .with_context(|| format!("cargo said nothing of {name}"))?;
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        let now = words_of(target, &programs::path("shown_errors", name), &file_name);
        let stderr = path.with_extension("stderr");
        let committed = fs::read_to_string(course.root().join(&stderr)).ok();
        if now.is_empty() {
            findings.push(Finding::of_file(
                path,
                "compiles, but is shown as a mistake",
            ));
        } else if committed.as_ref() != Some(&now) {
            if workshop.mode() == Mode::Bless {
                fs::write(course.root().join(&stderr), &now)?;
                blessed.push(stderr.clone());
            } else {
                findings.push(Finding::of_file(
                    &stderr,
                    difference(committed.as_deref(), &now),
                ));
            }
        }
        findings.extend(
            [path, &stderr]
                .into_iter()
                .filter_map(|path| unused(path, &chapters)),
        );
    }
    Ok(Report {
        blessed,
        ..Report::on(shown.len(), "error", findings)
    })
}

fn words_of(target: &Target, path: &str, file_name: &str) -> String {
    let texts: Vec<_> = target
        .errors
        .iter()
        .map(|error| words::normalised(&error.rendered, path, file_name))
        .collect();
    texts.join("\n")
}

fn difference(committed: Option<&str>, now: &str) -> String {
    let bless = "`cargo author verify --only shown_errors --bless` writes what it says now";
    let Some(committed) = committed else {
        return format!("is missing; {bless}");
    };
    let mut old = committed.lines();
    let differs = now.lines().find(|line| old.next() != Some(line));
    format!(
        "is not what the compiler says now; read both, then {bless}\nnow: {}",
        differs.unwrap_or("the end comes sooner")
    )
}

/// All programs, by a name that is unique among them; paths are relative to the course's root.
fn gather(course: &Course) -> Result<BTreeMap<String, PathBuf>> {
    let mut programs = BTreeMap::new();
    for lesson in course.lessons() {
        for path in files(course, lesson.slug.as_str())? {
            if path.extension().is_some_and(|extension| extension == "rs") {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                programs.insert(format!("{}-{stem}", lesson.slug), path.clone());
            }
        }
    }
    Ok(programs)
}

fn files(course: &Course, slug: &str) -> Result<Vec<PathBuf>> {
    let folder = Path::new(FOLDER).join(slug);
    if !course.root().join(&folder).is_dir() {
        return Ok(Vec::new());
    }
    fs::read_dir(course.root().join(&folder))?
        .map(|entry| Ok(folder.join(entry?.file_name())))
        .collect()
}

/// Words whose program is gone.
fn leftovers(course: &Course) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for lesson in course.lessons() {
        for path in files(course, lesson.slug.as_str())? {
            let program = path.with_extension("rs");
            if path != program && !course.root().join(&program).is_file() {
                let what = format!("belongs to no {}; remove it", program.display());
                findings.push(Finding::of_file(&path, what));
            }
        }
    }
    Ok(findings)
}

fn chapters(course: &Course) -> String {
    let texts = course
        .lessons()
        .filter_map(|lesson| fs::read_to_string(course.chapter_path(&lesson.slug)).ok());
    texts.collect()
}

fn unused(path: &Path, chapters: &str) -> Option<Finding> {
    (!chapters.contains(&format!("../{}", path.display())))
        .then(|| Finding::of_file(path, "is included by no chapter; include it or remove it"))
}
