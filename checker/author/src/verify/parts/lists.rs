//! The lists of lessons that Rust demands, against `SUMMARY.md`.

use std::fs;

use checker::course::{Course, ExerciseKind, Finding, Slug};
use checker::workshop::modules;

/// Lessons that a list leaves out, and lessons that `SUMMARY.md` does not know.
pub(super) fn compare(course: &Course) -> Vec<Finding> {
    let slugs: Vec<_> = course
        .lessons()
        .filter(|lesson| lesson.exercise == ExerciseKind::Program)
        .map(|lesson| &lesson.slug)
        .collect();
    let mut findings = Vec::new();
    for path in ["exercises/src/lib.rs", "solutions/src/lib.rs"] {
        let text = fs::read_to_string(course.root().join(path)).unwrap_or_default();
        findings.extend(of_lib(path, &text, &slugs));
        findings.extend(unknown(course, path, &text));
    }
    let path = "exercises/all_lessons.rs";
    let text = fs::read_to_string(course.root().join(path)).unwrap_or_default();
    findings.extend(of_all_lessons(path, &text, &slugs));
    findings.extend(unknown(course, path, &text));
    findings
}

fn of_lib(path: &str, text: &str, slugs: &[&Slug]) -> Vec<Finding> {
    let left_out = slugs.iter().filter(|slug| {
        let wanted = format!("pub mod {slug};");
        !text.lines().any(|line| line.trim() == wanted)
    });
    left_out
        .map(|slug| Finding::of_file(path, format!("leaves out `{slug}`; add `pub mod {slug};`")))
        .collect()
}

fn of_all_lessons(path: &str, text: &str, slugs: &[&Slug]) -> Vec<Finding> {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let left_out = slugs.iter().filter(|slug| {
        let (place, module) = (
            format!("#[path = \"tests/{slug}.rs\"]"),
            format!("mod {slug};"),
        );
        !lines
            .windows(2)
            .any(|pair| pair[0] == place && pair[1] == module)
    });
    left_out
        .map(|slug| {
            let what = format!(
                "leaves out `{slug}`; add the lines `#[path = \"tests/{slug}.rs\"]` and `mod {slug};`"
            );
            Finding::of_file(path, what)
        })
        .collect()
}

/// Modules whose lesson is gone. A module that lessons share has a file in `exercises/src` that no
/// test file goes with; those are `exercises`' own affair.
fn unknown(course: &Course, path: &str, text: &str) -> Vec<Finding> {
    let gone = modules(text).filter(|module| {
        let is_a_lessons = course
            .root()
            .join(format!("exercises/tests/{module}.rs"))
            .is_file();
        course.lesson(module).is_err() && is_a_lessons
    });
    gone.map(|module| {
        let what =
            format!("lists `{module}`, which src/SUMMARY.md does not; remove one or add the other");
        Finding::of_file(path, what)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_that_a_list_leaves_out_is_found() {
        let (a, b): (Slug, Slug) = ("a".parse().expect("a slug"), "b".parse().expect("a slug"));
        let found = of_lib("lib.rs", "//! x\npub mod a;\nmod b;\n", &[&a, &b]);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].to_string(),
            "lib.rs: leaves out `b`; add `pub mod b;`"
        );

        let all = "#[path = \"tests/a.rs\"]\nmod a;\n#[path = \"tests/a.rs\"]\nmod b;\n";
        let found = of_all_lessons("all.rs", all, &[&a, &b]);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].to_string().contains("`#[path = \"tests/b.rs\"]`"),
            "{}",
            found[0]
        );
    }
}
