//! Files that are called after no lesson.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use checker::course::{Chapter, Course, Finding};
use checker::workshop::modules;

/// Folders whose files, or whose folders, each belong to a lesson.
const BY_LESSON: [(&str, Entry); 14] = [
    ("checker/stubs", Entry::File("rs")),
    ("exercises/ship/src/bin", Entry::File("rs")),
    ("exercises/ship/tests", Entry::File("rs")),
    ("exercises/src", Entry::File("rs")),
    ("exercises/tests", Entry::File("rs")),
    ("exercises/tests/ui", Entry::Folder),
    ("exercises/worked/does_not_compile", Entry::Folder),
    ("exercises/worked/examples", Entry::File("rs")),
    ("quiz", Entry::File("toml")),
    ("solutions/right", Entry::Folder),
    ("solutions/src", Entry::File("rs")),
    ("solutions/wrong", Entry::Folder),
    ("src", Entry::File("md")),
    ("src/timelines", Entry::Folder),
];

/// What stands for a lesson in a folder.
#[derive(Debug, Clone, Copy)]
enum Entry {
    /// `<slug>.<extension>`
    File(&'static str),
    /// `<slug>/`
    Folder,
}

pub(super) fn find(course: &Course) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (folder, entry) in BY_LESSON {
        let known = known(course, folder);
        for path in entries(&course.root().join(folder))? {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let stem = match entry {
                Entry::File(extension) => name.strip_suffix(&format!(".{extension}")),
                Entry::Folder if path.is_dir() => Some(name.as_str()),
                Entry::Folder => None,
            };
            // Other kinds of file beside the lessons' are not this check's affair.
            if path.is_dir() != matches!(entry, Entry::Folder) || stem.is_none() {
                continue;
            }
            if stem.is_some_and(|stem| !known.contains(stem)) {
                let what = "belongs to no lesson of src/SUMMARY.md; remove it, or add the lesson";
                findings.push(Finding::of_file(Path::new(folder).join(&name), what));
            }
        }
    }
    Ok(findings)
}

/// The names that may stand in `folder`.
fn known(course: &Course, folder: &str) -> BTreeSet<String> {
    let mut known: BTreeSet<_> = course
        .lessons()
        .map(|lesson| lesson.slug.to_string())
        .collect();
    match folder {
        "src" => {
            known.insert("SUMMARY".to_owned());
            known.extend(
                course
                    .chapters()
                    .iter()
                    .filter_map(|chapter| match chapter {
                        Chapter::Page(page) => {
                            Some(page.source.with_extension("").display().to_string())
                        }
                        Chapter::Lesson(_) => None,
                    }),
            );
        }
        "exercises/src" | "solutions/src" => {
            known.insert("lib".to_owned());
            let path = course.root().join(folder).join("lib.rs");
            let lib = fs::read_to_string(path).unwrap_or_default();
            // A module that lessons share is no lesson's, but `lib.rs` names it.
            known.extend(modules(&lib).map(str::to_owned));
        }
        _ => {}
    }
    known
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}
