//! The exercises as shipped: every stub compiles, and no test passes on it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use checker::course::{Course, Finding, Slug};
use checker::workshop::{Built, Scratch, Suite, Tried, Workshop};
use rayon::prelude::*;
use record::report::Outcome;
use toml::Table;

use super::Report;

/// What a comment above a test says if the test rightly passes on the stub.
const EXCUSE: &str = "Passes on the stub:";

pub(super) fn check(course: &Course, workshop: &Workshop) -> Result<Report> {
    let suite = suite(course);
    let count = suite.stand_ins.len();
    if count == 0 {
        return Ok(Report::on(0, "stub", Vec::new()));
    }
    workshop.say("stubs: building the exercises as shipped");
    let mut scratch = Scratch::new(workshop, "stubs");
    suite.write(&mut scratch, course, workshop)?;
    let built = scratch.build(&["--workspace", "--tests", "--examples"])?;
    let Some(program) = suite.program(course, &built)? else {
        return Ok(Report::on(count, "stub", errors(course, &built)));
    };
    let folder = workshop.folder("stubs");
    let findings = suite
        .stand_ins
        .par_iter()
        .map(|(slug, _)| {
            let tried = suite.run(&program, workshop, &folder, slug, |_| false)?;
            let tests = fs::read_to_string(course.tests_path(slug))?;
            Ok(judge(slug, &tried, &tests))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Report::on(count, "stub", findings.concat()))
}

/// All stubs that have tests, as one crate called `stubs`.
pub(super) fn suite(course: &Course) -> Suite {
    let stand_ins: BTreeMap<_, PathBuf> = course
        .lessons()
        .map(|lesson| (lesson.slug.clone(), course.stub_path(&lesson.slug)))
        .filter(|(slug, stub)| stub.is_file() && course.tests_path(slug).is_file())
        .collect();
    Suite {
        name: "stubs".to_owned(),
        stand_ins,
        crates: Table::new(),
    }
}

/// The errors of a build that has stubs in it.
pub(super) fn errors(course: &Course, built: &Built) -> Vec<Finding> {
    built
        .errors()
        .map(|error| {
            let (path, line) = error.place.clone().unwrap_or_default();
            let path = path.strip_prefix(course.root()).unwrap_or(&path);
            let what = format!("does not compile as shipped: {}", error.headline());
            Finding::on_line(path, line, what)
        })
        .collect()
}

fn judge(slug: &Slug, tried: &Tried, tests: &str) -> Vec<Finding> {
    let path = format!("exercises/tests/{slug}.rs");
    let mut findings = Vec::new();
    if tried.tests.is_empty() {
        findings.push(Finding::of_file(
            &path,
            "has no test; write at least one a rung",
        ));
    }
    for name in &tried.tests {
        let at = place(tests, name);
        let excused = at.is_some_and(|line| is_excused(tests, line));
        let what = match tried.record(name).map(|record| &record.outcome) {
            None => format!("`{name}` on the stub: {}", tried.why_no_verdict()),
            Some(Outcome::Passed) if !excused => format!(
                "`{name}` passes on the stub; make it fail, or say above it why it passes: \
                 `// {EXCUSE} …`"
            ),
            Some(Outcome::Deadlocked(failure) | Outcome::TimedOut(failure)) => format!(
                "`{name}` hangs on the stub ({}); let it meet the `todo!()` sooner",
                failure.sentence
            ),
            Some(outcome) if excused && outcome.failure().is_some() => {
                format!("`{name}` is said to pass on the stub, but fails; remove `{EXCUSE}`")
            }
            Some(_) => continue,
        };
        findings.push(Finding {
            line: at,
            ..Finding::of_file(&path, what)
        });
    }
    findings
}

/// The line on which the test's function stands, counted from 1.
fn place(tests: &str, name: &str) -> Option<usize> {
    let function = format!("fn {}(", name.rsplit("::").next()?);
    tests
        .lines()
        .position(|line| line.contains(&function))
        .map(|index| index + 1)
}

/// Whether the comments and attributes above `line` say why the test passes.
fn is_excused(tests: &str, line: usize) -> bool {
    let above: Vec<_> = tests.lines().take(line - 1).collect();
    above
        .iter()
        .rev()
        .map(|line| line.trim_start())
        .take_while(|line| line.starts_with("//") || line.starts_with("#["))
        .any(|line| line.starts_with("//") && line.contains(EXCUSE))
}

#[cfg(test)]
mod tests {
    use checker::process::End;
    use checker::workshop::Ending;
    use record::report::{Failure, Record, Rung, SCHEMA};

    use super::*;

    const TESTS: &str = "\
mod core {
    #[test]
    fn adds_up() {}

    // Passes on the stub: it looks at the signature alone.
    #[test]
    fn takes_a_closure() {}
}
";

    fn failure(sentence: &str) -> Failure {
        Failure {
            sentence: sentence.to_owned(),
            place: None,
            details: vec![],
            timeline: None,
        }
    }

    fn said(adds_up: Option<Outcome>, takes_a_closure: Option<Outcome>) -> Vec<String> {
        let outcomes = [("adds_up", adds_up), ("takes_a_closure", takes_a_closure)];
        let tried = Tried {
            tests: outcomes
                .iter()
                .map(|(test, _)| format!("core::{test}"))
                .collect(),
            records: outcomes
                .into_iter()
                .filter_map(|(test, outcome)| {
                    Some(Record {
                        schema: SCHEMA,
                        lesson: "a".into(),
                        rung: Rung::Core,
                        test: test.into(),
                        line: 1,
                        outcome: outcome?,
                    })
                })
                .collect(),
            ending: Ending::Ended(End::Exited(101)),
        };
        let slug = "a".parse().expect("a slug");
        judge(&slug, &tried, TESTS)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_stub_that_is_not_written_is_what_ships() {
        let not_written = Outcome::NotWritten(failure("not written yet: add"));
        assert!(said(Some(not_written), Some(Outcome::Passed)).is_empty());
    }

    #[test]
    fn a_pass_is_found_on_its_line_unless_a_comment_says_why() {
        let said = said(Some(Outcome::Passed), Some(Outcome::Failed(failure("no"))));
        assert!(said[0].starts_with("exercises/tests/a.rs:3: `core::adds_up` passes on the stub"));
        assert!(
            said[1].starts_with("exercises/tests/a.rs:7: `core::takes_a_closure` is said to pass")
        );
    }

    #[test]
    fn hangs_and_missing_verdicts_are_found() {
        let said = said(Some(Outcome::TimedOut(failure("it spins"))), None);
        assert!(said[0].contains("hangs on the stub (it spins)"), "{said:?}");
        assert!(said[1].contains("left no verdict"), "{said:?}");
    }
}
