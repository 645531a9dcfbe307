//! Many small programs, compiled in one batch with the course's crates, and how a program is run.

use std::collections::BTreeSet;

use anyhow::Result;
use checker::workshop::{Built, Scratch, Workshop, dependencies};
use toml::{Table, Value};

/// The packages whose crates a program may use, as far as the course has them.
const LEND_THEIR_CRATES: [&str; 3] = ["exercises", "exercises/ship", "exercises/worked"];

/// What is wanted of a program beyond compiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Nothing: it is not linked.
    Compiled,
    /// An executable.
    Executable,
}

/// A small program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    /// Unique in its batch; letters, digits, `_` and `-`.
    pub name: String,
    pub text: String,
    pub wanted: Wanted,
}

/// Compiles `programs` for the check called `check`; each is a target of its own.
pub(super) fn build(workshop: &Workshop, check: &str, programs: &[Program]) -> Result<Built> {
    if programs.is_empty() {
        return Ok(Built::default());
    }
    workshop.say(&format!("{check}: compiling {} programs", programs.len()));
    let mut scratch = Scratch::new(workshop, check);
    let mut names = BTreeSet::new();
    let mut examples = Vec::new();
    for program in programs {
        assert!(
            names.insert(&program.name),
            "two programs of a batch are called {}",
            program.name
        );
        scratch.file(&path(check, &program.name), &program.text)?;
        let kind = match program.wanted {
            Wanted::Compiled => "lib",
            Wanted::Executable => "bin",
        };
        examples.push(Table::from_iter([
            ("name".to_owned(), Value::from(program.name.as_str())),
            (
                "path".to_owned(),
                format!("examples/{}.rs", program.name).into(),
            ),
            ("crate-type".to_owned(), vec![kind].into()),
        ]));
    }
    let mut crates = Table::new();
    let manifest = |package: &&str| workshop.root().join(package).join("Cargo.toml");
    let there = LEND_THEIR_CRATES
        .iter()
        .filter(|package| manifest(package).is_file());
    for package in there {
        crates.extend(dependencies(workshop, package, "dependencies")?);
    }
    let manifest = Table::from_iter([
        ("dev-dependencies".to_owned(), Value::from(crates)),
        ("example".to_owned(), examples.into()),
    ]);
    scratch.package(check, manifest)?;
    scratch.build(&["--examples"])
}

/// What the compiler calls the file of the program `name`.
pub(super) fn path(check: &str, name: &str) -> String {
    format!("{check}/examples/{name}.rs")
}
