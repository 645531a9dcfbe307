//! What an atomic is called: read off the source, as the learner wrote it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;

use sync::model::Place;

use super::tape::Tape;

/// A name for each atomic of `tape`: that of the field or variable that it was made for, else that
/// by which it was first used, else its number. No two are the same.
pub(super) fn of(tape: &Tape) -> Vec<String> {
    let mut sources = Sources::default();
    let mut names: Vec<String> = Vec::new();
    for (number, cell) in tape.cells.iter().enumerate() {
        let mut uses = tape
            .events
            .iter()
            .filter(|event| event.cell == Some(number));
        let name = sources
            .before(cell.created)
            .and_then(|before| made_for(&before))
            .or_else(|| uses.find_map(|event| used_as(&sources.before(event.at)?)))
            .unwrap_or_else(|| "atomic".to_owned());
        names.push(name);
    }
    let alike = names.clone();
    for (number, name) in names.iter_mut().enumerate() {
        if alike.iter().filter(|other| *other == name).count() > 1 {
            let which = alike[..=number]
                .iter()
                .filter(|other| *other == name)
                .count();
            *name = format!("{name} {which}");
        }
    }
    names
}

/// The sources that operations stand in, read once.
#[derive(Default)]
struct Sources(BTreeMap<&'static str, Option<String>>);

impl Sources {
    /// The text up to `at`, from a few lines before it.
    fn before(&mut self, at: Place) -> Option<String> {
        let text = self.0.entry(at.file()).or_insert_with(|| find(at.file()));
        let lines: Vec<&str> = text.as_deref()?.lines().take(at.line() as usize).collect();
        let (last, above) = lines.split_last()?;
        let column = at.column() as usize - 1;
        let mut before = above[above.len().saturating_sub(3)..].join("\n");
        before.push('\n');
        before.extend(last.chars().take(column));
        Some(before)
    }
}

/// The compiler names a file as seen from the workspace, tests run in a package of it.
pub(super) fn find(file: &str) -> Option<String> {
    let here = env::current_dir().ok()?;
    let package = env::var_os("CARGO_MANIFEST_DIR").map_or(here, Into::into);
    let roots = package.ancestors().map(Path::to_owned);
    roots
        .into_iter()
        .find_map(|root| fs::read_to_string(root.join(file)).ok())
}

/// `ready: ` and `let ready = ` make an atomic for `ready`.
fn made_for(before: &str) -> Option<String> {
    let before = before.trim_end();
    // `Arc::new(AtomicU64::new(0))`
    let before = before
        .strip_suffix("Arc::new(")
        .unwrap_or(before)
        .trim_end();
    let target = before
        .strip_suffix(':')
        .filter(|before| !before.ends_with(':'))
        .or_else(|| before.strip_suffix('='))?;
    last_word(target)
}

/// `self.words[0].` uses an atomic as `words[0]`.
fn used_as(before: &str) -> Option<String> {
    let receiver = before.trim_end().strip_suffix('.')?.trim_end();
    if let Some(open) = receiver
        .ends_with(']')
        .then(|| receiver.rfind('['))
        .flatten()
    {
        let index = &receiver[open..];
        return Some(last_word(&receiver[..open])? + index);
    }
    last_word(receiver)
}

fn last_word(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let text = text.trim_end();
    let start = text.rfind(|c| !is_part(c)).map_or(0, |index| {
        index + text[index..].chars().next().map_or(0, char::len_utf8)
    });
    let word = &text[start..];
    // A tuple's `0` says nothing, and `self` is no atomic.
    let says_something =
        !word.is_empty() && word != "self" && !word.starts_with(|c: char| c.is_ascii_digit());
    says_something.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_atomic_is_called_what_it_was_made_for() {
        for (before, name) in [
            ("Self {\n    ready: ", Some("ready")),
            ("let ready = ", Some("ready")),
            ("let total: AtomicU64 = ", Some("AtomicU64")),
            ("ready: Arc::new(", Some("ready")),
            ("words: [", None),
            ("Self(", None),
            ("std::", None),
        ] {
            assert_eq!(made_for(before).as_deref(), name, "{before}");
        }
    }

    #[test]
    fn else_it_is_called_what_it_is_used_as() {
        for (before, name) in [
            ("        self.ready.", Some("ready")),
            (
                "        self\n            .ready\n            .",
                Some("ready"),
            ),
            ("self.words[1].", Some("words[1]")),
            ("        self.0.", None),
            ("word.", Some("word")),
            ("cell().", None),
        ] {
            assert_eq!(used_as(before).as_deref(), name, "{before}");
        }
    }
}
