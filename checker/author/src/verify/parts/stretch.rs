//! Whether a stub says which of its sentences the stretch tests alone ask for.

use std::path::Path;

use checker::course::Finding;

/// What begins a paragraph that only the stretch tests ask for.
const MARK: &str = "**Stretch:** ";
/// What explains the mark to the learner, at the head of the file.
const RULE: &str = "//! What follows **Stretch:** below is asked by the stretch tests alone; all else \
                    completes the exercise.";

/// A mark without the rule, or the rule without a mark, in the stub at `path`.
pub(super) fn disagreement(path: &Path, stub: &str) -> Option<Finding> {
    let marked = first_mark(stub);
    let ruled = stub.lines().position(|line| line == RULE);
    match (marked, ruled) {
        (Some(_), Some(_)) | (None, None) => None,
        (Some(marked), None) => {
            let what = format!(
                "begins a paragraph with `{}`; let the head say `{RULE}`",
                MARK.trim()
            );
            Some(Finding::on_line(path, marked + 1, what))
        }
        (None, Some(ruled)) => {
            let what = format!(
                "explains `{}`, which begins no paragraph below; mark one, or remove the line",
                MARK.trim()
            );
            Some(Finding::on_line(path, ruled + 1, what))
        }
    }
}

/// The first line that begins a marked paragraph of an item's documentation.
fn first_mark(stub: &str) -> Option<usize> {
    let mut within_a_paragraph = false;
    for (index, line) in stub.lines().enumerate() {
        let said = line.trim_start().strip_prefix("///").map(str::trim_start);
        if !within_a_paragraph && said.is_some_and(|said| said.starts_with(MARK)) {
            return Some(index);
        }
        within_a_paragraph = said.is_some_and(|said| !said.is_empty());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNMARKED: &str =
        "//! A sum.\n\n/// Adds.\n/// **Stretch:** is mentioned.\npub fn sum() {}\n";
    const MARKED: &str =
        "//! A sum.\n\n    /// Adds.\n    ///\n    /// **Stretch:** It overflows well.\n";

    fn said(stub: &str) -> Option<String> {
        disagreement(Path::new("sum.rs"), stub).map(|finding| finding.to_string())
    }

    fn ruled(stub: &str) -> String {
        format!("{RULE}\n{stub}")
    }

    #[test]
    fn a_mark_goes_with_the_sentence_that_explains_it() {
        assert_eq!(said(UNMARKED), None);
        assert_eq!(said(&ruled(MARKED)), None);
        let unexplained = said(MARKED).expect("found");
        assert!(
            unexplained.starts_with("sum.rs:5: begins a paragraph with `**Stretch:**`"),
            "{unexplained}"
        );
        let idle = said(&ruled(UNMARKED)).expect("found");
        assert!(
            idle.starts_with("sum.rs:1: explains `**Stretch:**`"),
            "{idle}"
        );
    }
}
