//! The tree of decisions: a tree indeed, whose lessons are written or planned; and the plan names
//! every lesson that is written.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use checker::course::{Course, Finding, Slug};
use checker::decision::{Leaf, Taught, parse};

use super::Report;

pub(super) fn check(course: &Course) -> Result<Report> {
    let mut findings = unplanned(course);
    let path = course.decision_tree_path();
    if !path.is_file() {
        return Ok(Report::on(0, "pattern", findings));
    }
    let text = fs::read_to_string(&path)?;
    let shown = shown(course, &path);
    let patterns = match parse(&text) {
        Ok(root) => {
            let leaves = root.leaves();
            for leaf in &leaves {
                findings.extend(unknown_lessons(course, &shown, &text, leaf));
                findings.extend(dead_end(course, &shown, &text, leaf));
            }
            leaves.len()
        }
        Err(flaws) => {
            let on_line =
                |flaw: checker::decision::Flaw| Finding::on_line(&shown, flaw.line, flaw.what);
            findings.extend(flaws.into_iter().map(on_line));
            0
        }
    };
    Ok(Report::on(patterns, "pattern", findings))
}

/// A course without a plan has none to keep.
fn unplanned(course: &Course) -> Vec<Finding> {
    let path = course.curriculum_path();
    if !path.is_file() {
        return Vec::new();
    }
    let path = shown(course, &path);
    let unplanned = course
        .lessons()
        .filter(|lesson| !course.curriculum().plans(&lesson.slug));
    let finding = |slug: &Slug| {
        Finding::of_file(
            &path,
            format!("does not list `{slug}`, which is in SUMMARY.md"),
        )
    };
    unplanned.map(|lesson| finding(&lesson.slug)).collect()
}

fn unknown_lessons(course: &Course, shown: &Path, text: &str, leaf: &Leaf) -> Vec<Finding> {
    let own = match &leaf.lesson {
        Taught::In(slug) => Some(slug),
        Taught::Nowhere(_) => None,
    };
    let lost = leaf
        .lost
        .iter()
        .filter_map(|neighbour| neighbour.lesson.as_ref());
    let unknown = own
        .into_iter()
        .chain(lost)
        .filter(|slug| course.lesson(slug.as_str()).is_err() && !course.curriculum().plans(slug));
    unknown
        .map(|slug| {
            let what = format!(
                "`{slug}` is a lesson neither of src/SUMMARY.md nor of checker/curriculum.toml"
            );
            Finding::on_line(shown, line_of_lesson(text, &leaf.id, slug), what)
        })
        .collect()
}

/// A reader who came to a leaf without a lesson must learn where to read on.
fn dead_end(course: &Course, shown: &Path, text: &str, leaf: &Leaf) -> Option<Finding> {
    let Taught::In(slug) = &leaf.lesson else {
        return None;
    };
    if course.lesson(slug.as_str()).is_ok() || leaf.meanwhile.is_some() {
        return None;
    }
    let what = format!(
        "`{slug}` is not written yet, and the leaf has no `meanwhile` that says where to read on"
    );
    Some(Finding::on_line(
        shown,
        line_of_lesson(text, &leaf.id, slug),
        what,
    ))
}

/// The line below the leaf's id that names the lesson.
fn line_of_lesson(text: &str, leaf: &str, slug: &Slug) -> usize {
    let (id, lesson) = (format!("id = \"{leaf}\""), format!("lesson = \"{slug}\""));
    let lines = text.lines().enumerate();
    let mut below = lines.skip_while(|(_, line)| *line != id);
    let found = below.find(|(_, line)| line.contains(&lesson));
    found.map_or(1, |(index, _)| index + 1)
}

fn shown(course: &Course, path: &Path) -> PathBuf {
    path.strip_prefix(course.root()).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_that_nobody_plans_is_found_with_its_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("has one")).expect("writable");
            fs::write(path, text).expect("writable");
        };
        write("book.toml", "");
        write("src/SUMMARY.md", "# Summary\n\n- [Pool](pool.md)\n");
        write(
            "checker/curriculum.toml",
            "lessons = [\"later\"]\ncore_path = []\n",
        );
        write(
            "src/decision_tree.toml",
            r#"[[question]]
id = "one"
asks = "?"
short = "?"
answer = [
    { says = "a", short = "a", leads_to = "a" },
    { says = "b", short = "b", leads_to = "b" },
]
[[leaf]]
id = "a"
pattern = "A"
lesson = "later"
why = "x"
lost = [{ pattern = "B", lesson = "pol", because = "x" }]
[[leaf]]
id = "b"
pattern = "B"
lesson = "pool"
why = "x"
lost = [{ pattern = "A", because = "x" }]
"#,
        );
        let course = Course::find(folder.path()).expect("a course");
        let report = check(&course).expect("readable");
        let said: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "checker/curriculum.toml: does not list `pool`, which is in SUMMARY.md",
                "src/decision_tree.toml:14: `pol` is a lesson neither of src/SUMMARY.md nor of \
                 checker/curriculum.toml",
                "src/decision_tree.toml:12: `later` is not written yet, and the leaf has no \
                 `meanwhile` that says where to read on",
            ]
        );
        write("src/decision_tree.toml", "[[question]]\n");
        let report = check(&course).expect("readable");
        assert!(
            report.findings[1]
                .to_string()
                .starts_with("src/decision_tree.toml:1: missing field")
        );
    }
}
