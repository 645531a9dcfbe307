//! The programs that a reader takes to work: each builds as it is copied, in a package that has nothing
//! but the dependency lines that the chapter shows above it.

use std::fs;

use anyhow::{Context, Result};
use checker::book::Ship;
use checker::course::{Course, Finding, Slug};
use checker::workshop::{Scratch, Workshop};
use toml::{Table, Value};

use super::Report;

pub(super) fn check(course: &Course, workshop: &Workshop) -> Result<Report> {
    let shown: Vec<_> = course
        .lessons()
        .map(|lesson| &lesson.slug)
        .filter(|slug| {
            let chapter = fs::read_to_string(course.chapter_path(slug)).unwrap_or_default();
            Ship::is_shown_in(&chapter, slug)
        })
        .collect();
    let mut findings = Vec::new();
    for slug in &shown {
        workshop.say(&format!("ship: building the program of {slug}"));
        match Ship::of(course, slug) {
            Ok(ship) => findings.extend(build(workshop, slug, &ship)?),
            Err(error) => findings.push(Finding::of_file(Ship::path(slug), error.to_string())),
        }
    }
    Ok(Report::on(shown.len(), "program", findings))
}

/// Builds `ship` in a workspace of its own: beside another program, cargo would lend it that one's
/// features.
fn build(workshop: &Workshop, slug: &Slug, ship: &Ship) -> Result<Option<Finding>> {
    let mut scratch = Scratch::new(workshop, &format!("ship-{slug}"));
    scratch.file("program/src/main.rs", &ship.program)?;
    scratch.package("program", manifest(&ship.dependencies)?)?;
    let built = scratch.build(&[])?;
    let first = built.errors().next();
    Ok(first.map(|error| {
        let what = format!(
            "does not build with the dependency lines that its chapter shows: {}",
            error.headline()
        );
        Finding::of_file(Ship::path(slug), what)
    }))
}

fn manifest(dependencies: &str) -> Result<Table> {
    let dependencies: Table = dependencies
        .parse()
        .context("the dependency lines are not those of a manifest")?;
    let program = Table::from_iter([
        ("name".to_owned(), Value::from("program")),
        ("path".to_owned(), "src/main.rs".into()),
    ]);
    Ok(Table::from_iter([
        ("dependencies".to_owned(), dependencies.into()),
        ("bin".to_owned(), vec![program].into()),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_has_the_lines_that_are_shown_and_no_other_dependencies() {
        let lines = "anyhow = \"1.0.9\"\ntokio = { version = \"1.54.1\", features = [\"rt\"] }\n";
        let manifest = manifest(lines).expect("they are a manifest's");
        let dependencies = manifest["dependencies"].as_table().expect("a table");
        assert_eq!(dependencies.len(), 2);
        assert_eq!(dependencies["tokio"]["features"][0].as_str(), Some("rt"));
        assert!(super::manifest("anyhow").is_err());
    }
}
