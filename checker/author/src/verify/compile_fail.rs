//! The compile-fail cases: each compiles against the exercise as shipped, since it is the learner
//! whose API must make it stop.

use anyhow::Result;
use checker::course::{Course, Finding};
use checker::workshop::{Scratch, Workshop};

use super::{Report, stubs};

pub(super) fn check(course: &Course, workshop: &Workshop) -> Result<Report> {
    let suite = stubs::suite(course);
    let cases = suite.misuse(course)?;
    if cases.is_empty() {
        return Ok(Report::on(0, "case", Vec::new()));
    }
    workshop.say("compile_fail: building the cases against the exercises as shipped");
    let mut scratch = Scratch::new(workshop, "compile_fail");
    suite.write(&mut scratch, course, workshop)?;
    let built = scratch.build(&["--workspace", "--examples"])?;

    let stubs = built.target(&suite.name);
    if stubs.is_some_and(|stubs| !stubs.errors.is_empty()) {
        return Ok(Report::on(
            cases.len(),
            "case",
            stubs::errors(course, &built),
        ));
    }
    let mut findings = Vec::new();
    for (file, path) in &cases {
        let shown = path.strip_prefix(course.root()).unwrap_or(path);
        let target = built.target(&suite.misuse_target(file));
        if let Some(error) = target.and_then(|target| target.errors.first()) {
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
    Ok(Report::on(cases.len(), "case", findings))
}
