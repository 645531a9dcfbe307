//! The compile-fail cases: each compiles against the exercise as shipped, since it is the learner
//! whose API must make it stop.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use checker::course::{Course, Finding};
use checker::workshop::{Scratch, Workshop, renamed};
use toml::{Table, Value};

use super::{Report, stubs};

/// The package of the cases, beside the stubs'.
const PACKAGE: &str = "cases";

pub(super) fn check(course: &Course, workshop: &Workshop) -> Result<Report> {
    let suite = stubs::suite(course);
    let mut cases = BTreeMap::new();
    for slug in suite.stand_ins.keys() {
        let folder = course.root().join("exercises/tests/ui").join(slug.as_str());
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                cases.insert(format!("{slug}-{stem}"), path.clone());
            }
        }
    }
    if cases.is_empty() {
        return Ok(Report::on(0, "case", Vec::new()));
    }
    workshop.say("compile_fail: building the cases against the exercises as shipped");
    let mut scratch = Scratch::new(workshop, "compile_fail");
    suite.write(&mut scratch, course, workshop)?;
    scratch.package(PACKAGE, manifest(&cases))?;
    let built = scratch.build(&["--package", PACKAGE, "--examples"])?;

    let mut findings = Vec::new();
    for (name, path) in &cases {
        let shown = path.strip_prefix(course.root()).unwrap_or(path);
        if let Some(error) = built.target(name).and_then(|target| target.errors.first()) {
            let line = error.place.as_ref().map(|(_, line)| *line);
            findings.push(Finding {
                line,
                ..Finding::of_file(
                    shown,
                    format!(
                        "does not compile against the stub: {}; a case must compile until the \
                         learner's API forbids it",
                        error.headline()
                    ),
                )
            });
        }
    }
    if built
        .target(&suite.name)
        .is_some_and(|stubs| !stubs.errors.is_empty())
    {
        findings = stubs::errors(course, &built);
    }
    Ok(Report::on(cases.len(), "case", findings))
}

fn manifest(cases: &BTreeMap<String, PathBuf>) -> Table {
    let examples: Vec<Table> = cases
        .iter()
        .map(|(name, path)| {
            Table::from_iter([
                ("name".to_owned(), Value::from(name.as_str())),
                ("path".to_owned(), path.display().to_string().into()),
                // Not linked: compiling is all that is asked.
                ("crate-type".to_owned(), vec!["lib"].into()),
            ])
        })
        .collect();
    let crates = Table::from_iter([("exercises".to_owned(), renamed("stubs", "../stubs"))]);
    Table::from_iter([
        ("dev-dependencies".to_owned(), crates.into()),
        ("example".to_owned(), examples.into()),
    ])
}
