//! `{{#hidden <file>:<anchor>}}` in a Rust fence: lines that the listing needs to be a program, and
//! that the reader does not see until they ask. mdBook hides a line that begins with `# `.
//!
//! The path is relative to the chapter, as that of mdBook's own `{{#include}}`.

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why lines cannot be hidden in a fence.
#[derive(Debug, Error)]
pub enum HiddenError {
    /// The file cannot be read.
    #[error("{} cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// It has no such part.
    #[error("{} has nothing between `ANCHOR: {anchor}` and `ANCHOR_END: {anchor}`", .path.display())]
    NoAnchor {
        /// The file.
        path: PathBuf,
        /// The anchor.
        anchor: String,
    },
}

/// What a line asks for, if it asks for hidden lines: file and anchor.
pub(super) fn wanted(line: &str) -> Option<(&str, &str)> {
    let argument = line.strip_prefix("{{#hidden ")?.strip_suffix("}}")?;
    argument.trim().rsplit_once(':')
}

/// The lines between the anchors of the file at `path`, below `folder`, hidden.
pub(super) fn lines(folder: &Path, path: &str, anchor: &str) -> Result<String, HiddenError> {
    let file = folder.join(path);
    let text =
        fs::read_to_string(&file).map_err(|error| HiddenError::Unreadable(file.clone(), error))?;
    let hidden = between(&text, anchor);
    if hidden.is_empty() {
        return Err(HiddenError::NoAnchor {
            path: file,
            anchor: anchor.to_owned(),
        });
    }
    Ok(hidden)
}

fn between(text: &str, anchor: &str) -> String {
    let marks = |line: &str, mark: &str| {
        line.split_once(mark)
            .is_some_and(|(_, name)| name.trim() == anchor)
    };
    let lines = text.lines().skip_while(|line| !marks(line, "ANCHOR:"));
    let inside = lines
        .skip(1)
        .take_while(|line| !marks(line, "ANCHOR_END:"))
        // Of an anchor within the anchor.
        .filter(|line| !line.contains("ANCHOR:") && !line.contains("ANCHOR_END:"));
    inside.flat_map(|line| ["# ", line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "// ANCHOR: a\nuse x;\n// ANCHOR: b\n\nfn f() {}\n// ANCHOR_END: b\n// ANCHOR_END: a\nfn g() {}\n";

    #[test]
    fn what_stands_between_the_anchors_is_hidden() {
        assert_eq!(between(FILE, "a"), "# use x;\n# \n# fn f() {}\n");
        assert_eq!(between(FILE, "b"), "# \n# fn f() {}\n");
        assert_eq!(between(FILE, "c"), "");
    }

    #[test]
    fn the_directive_names_file_and_anchor() {
        assert_eq!(wanted("{{#hidden ../a.rs:b}}"), Some(("../a.rs", "b")));
        assert_eq!(wanted("{{#hidden a.rs}}"), None);
        assert_eq!(wanted("{{#include a.rs:b}}"), None);
    }

    #[test]
    fn a_missing_file_and_a_missing_anchor_are_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = lines(folder.path(), "a.rs", "b").expect_err("no file");
        assert!(error.to_string().contains("a.rs cannot be read"), "{error}");
        fs::write(folder.path().join("a.rs"), FILE).expect("writable");
        let error = lines(folder.path(), "a.rs", "c").expect_err("no anchor");
        assert!(
            error
                .to_string()
                .ends_with("a.rs has nothing between `ANCHOR: c` and `ANCHOR_END: c`")
        );
    }
}
