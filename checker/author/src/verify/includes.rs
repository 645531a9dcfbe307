//! mdBook's include directives, as far as a fence uses them: one a line.

use std::path::Path;

/// `{{#include path:anchor}}`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Include<'a> {
    /// Relative to the chapter's folder.
    pub path: &'a str,
    part: Part<'a>,
    /// `rustdoc_include`: the rest of the file is there, but hidden.
    whole_file_compiles: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part<'a> {
    Everything,
    Anchor(&'a str),
    /// Counted from 1, both ends included.
    Lines(usize, usize),
}

/// Reads a line that holds nothing but a directive.
pub(super) fn directive(line: &str) -> Option<Include<'_>> {
    let inner = line.trim().strip_prefix("{{#")?.strip_suffix("}}")?;
    let (verb, argument) = inner.split_once(char::is_whitespace)?;
    let whole_file_compiles = match verb {
        // `hidden` is the course's own: those lines alone, unseen.
        "include" | "hidden" => false,
        "rustdoc_include" => true,
        _ => return None,
    };
    let argument = argument.trim();
    let (path, part) = match argument.split_once(':') {
        None => (argument, Part::Everything),
        Some((path, part)) => (path, self::part(part)),
    };
    Some(Include {
        path,
        part,
        whole_file_compiles,
    })
}

fn part(text: &str) -> Part<'_> {
    let (start, end) = match text.split_once(':') {
        None => (text, None),
        Some((start, end)) => (start, Some(end)),
    };
    match (start.parse(), end) {
        (Ok(line), None) => Part::Lines(line, line),
        (Ok(start), Some(end)) => Part::Lines(start, end.parse().unwrap_or(usize::MAX)),
        (Err(_), Some(end)) if start.is_empty() => {
            Part::Lines(1, end.parse().unwrap_or(usize::MAX))
        }
        (Err(_), _) => Part::Anchor(start),
    }
}

impl Include<'_> {
    /// Whether nothing of the file is left out.
    pub fn is_whole_file(&self) -> bool {
        self.part == Part::Everything
    }

    /// The lines that a reader sees, with their numbers in `text`, the file that is included.
    ///
    /// # Errors
    /// If the part is not there or empty, which mdBook passes over in silence.
    pub fn shown<'t>(&self, text: &'t str) -> Result<Vec<(usize, &'t str)>, String> {
        let lines = numbered(text);
        let shown: Vec<_> = match &self.part {
            Part::Everything => lines.filter(|(_, line)| marker(line).is_none()).collect(),
            Part::Lines(start, end) => lines
                .filter(|(number, _)| (*start..=*end).contains(number))
                .collect(),
            Part::Anchor(anchor) => {
                let begun =
                    lines.skip_while(|(_, line)| marker(line) != Some(Marker::Begin(anchor)));
                let mut begun = begun.peekable();
                if begun.peek().is_none() {
                    return Err(format!("has no `ANCHOR: {anchor}`"));
                }
                let mut ended = false;
                let inside = begun
                    .take_while(|(_, line)| {
                        ended = marker(line) == Some(Marker::End(anchor));
                        !ended
                    })
                    .filter(|(_, line)| marker(line).is_none())
                    .collect();
                if !ended {
                    return Err(format!("has no `ANCHOR_END: {anchor}`"));
                }
                inside
            }
        };
        if shown.iter().all(|(_, line)| line.trim().is_empty()) {
            return Err(match &self.part {
                Part::Everything => "is empty".to_owned(),
                Part::Anchor(anchor) => format!("has nothing between the anchors `{anchor}`"),
                Part::Lines(start, _) => format!("has nothing from line {start} on"),
            });
        }
        Ok(shown)
    }

    /// The lines that the compiler sees.
    ///
    /// # Errors
    /// As for [`Include::shown`].
    pub fn compiled<'t>(&self, text: &'t str) -> Result<Vec<(usize, &'t str)>, String> {
        let shown = self.shown(text)?;
        if self.whole_file_compiles {
            return Ok(numbered(text).collect());
        }
        Ok(shown)
    }
}

/// Whether cargo or another check compiles whatever lies at `path`, relative to the course's root.
pub(super) fn is_compiled_elsewhere(path: &Path) -> bool {
    const BUILT: [&str; 8] = [
        "checker/stubs",
        "exercises/src",
        "exercises/tests",
        "exercises/worked/examples",
        "exercises/worked/src",
        "solutions/src",
        "solutions/right",
        "solutions/wrong",
    ];
    BUILT.iter().any(|folder| path.starts_with(folder))
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}

#[derive(Debug, PartialEq, Eq)]
enum Marker<'a> {
    Begin(&'a str),
    End(&'a str),
}

fn marker(line: &str) -> Option<Marker<'_>> {
    let name = |after: &'static str| {
        let rest = line.split_once(after)?.1.trim_start();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
        Some(&rest[..end.unwrap_or(rest.len())])
    };
    name("ANCHOR_END:")
        .map(Marker::End)
        .or_else(|| name("ANCHOR:").map(Marker::Begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
use std::thread;
// ANCHOR: all
fn a() {}
// ANCHOR: inner
fn b() {}
// ANCHOR_END: inner
// ANCHOR_END: all
// ANCHOR: empty

// ANCHOR_END: empty
// ANCHOR: open
fn c() {}
";

    fn shown(line: &str) -> Result<Vec<(usize, &'static str)>, String> {
        directive(line).expect("a directive").shown(FILE)
    }

    #[test]
    fn an_anchor_gives_its_lines_without_the_marks_of_others() {
        assert_eq!(
            shown("{{#include a.rs:all}}"),
            Ok(vec![(3, "fn a() {}"), (5, "fn b() {}")])
        );
        assert_eq!(shown("{{#include a.rs:5}}"), Ok(vec![(5, "fn b() {}")]));
        assert_eq!(
            shown(" {{#include a.rs::1}} "),
            Ok(vec![(1, "use std::thread;")])
        );
    }

    #[test]
    fn what_mdbook_would_leave_empty_in_silence_is_said() {
        for (line, says) in [
            ("{{#include a.rs:none}}", "has no `ANCHOR: none`"),
            (
                "{{#include a.rs:empty}}",
                "nothing between the anchors `empty`",
            ),
            ("{{#include a.rs:open}}", "has no `ANCHOR_END: open`"),
            ("{{#include a.rs:99:}}", "nothing from line 99 on"),
        ] {
            assert!(shown(line).unwrap_err().contains(says), "{line}");
        }
    }

    #[test]
    fn the_rest_of_a_hidden_file_compiles_too() {
        let include = directive("{{#rustdoc_include a.rs:inner}}").expect("a directive");
        assert_eq!(
            include.compiled(FILE).expect("there").len(),
            FILE.lines().count()
        );
    }

    #[test]
    fn other_lines_are_no_directives() {
        assert_eq!(directive("let a = 1;"), None);
        assert_eq!(directive("{{#quiz worker_pool}}"), None);
    }
}
