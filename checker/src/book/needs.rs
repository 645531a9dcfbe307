//! What a listing asks of `Cargo.toml`, shown below it: a line for each crate that it names, as the
//! course itself depends on it. The versions are those of `Cargo.lock`.

use std::fmt::Write as _;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use toml::{Table, Value};

use super::markdown::escape;
use super::ship;

/// Features that a program needs only if it names one of the words beside them. Any other feature is
/// kept: nothing in the text tells whether it is needed.
const TOLD_BY: [(&str, &[&str]); 7] = [
    ("io-util", &["io", "AsyncReadExt", "AsyncWriteExt"]),
    ("net", &["net"]),
    ("process", &["process"]),
    ("signal", &["signal"]),
    ("sync", &["sync"]),
    ("test-util", &["pause", "start_paused", "advance"]),
    ("time", &["time"]),
];

/// The crates that a listing may use.
#[derive(Debug, Default)]
pub(super) struct Crates(Vec<Known>);

#[derive(Debug)]
struct Known {
    name: String,
    version: String,
    default_features: bool,
    features: Vec<String>,
}

impl Crates {
    /// Those that the workspace's `manifest` takes from a registry and that `lock` has.
    pub(super) fn of(manifest: &str, lock: &str) -> Self {
        let manifest: Table = manifest.parse().unwrap_or_default();
        let lock: Table = lock.parse().unwrap_or_default();
        let dependencies = manifest
            .get("workspace")
            .and_then(|workspace| workspace.get("dependencies"))
            .and_then(Value::as_table);
        let known = dependencies.into_iter().flatten();
        Self(
            known
                .filter(|(_, asked)| asked.get("path").is_none())
                .filter_map(|(name, asked)| Known::of(name, asked, &lock))
                .collect(),
        )
    }

    /// The lines of `[dependencies]` that `program` needs.
    fn lines(&self, program: &str) -> Vec<String> {
        let code: Vec<_> = program
            .lines()
            .map(|line| line.split("//").next().unwrap_or(line))
            .collect();
        let code = code.join("\n");
        let named = self.0.iter().filter(|known| known.is_named_in(&code));
        named.map(|known| known.line(&code)).collect()
    }

    /// `content` with the lines below each of its Rust listings. A program to take to work has them
    /// above it.
    pub(super) fn shown(&self, content: &str) -> String {
        let mut out = String::with_capacity(content.len());
        let mut copied = 0;
        let mut program: Option<String> = None;
        let options = Options::ENABLE_GFM | Options::ENABLE_FOOTNOTES | Options::ENABLE_TABLES;
        for (event, range) in Parser::new_ext(content, options).into_offset_iter() {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    let mut words = info.split([',', ' ']);
                    let is_rust = words.next() == Some("rust");
                    let at_the_margin = content[..range.start].ends_with('\n');
                    let asks = is_rust && at_the_margin && words.all(|word| word != ship::MARK);
                    program = asks.then(String::new);
                }
                Event::Text(text) => {
                    if let Some(program) = &mut program {
                        program.push_str(&text);
                    }
                }
                Event::End(TagEnd::CodeBlock) => {
                    let lines = program.take().map(|program| self.lines(&program));
                    let lines = lines.unwrap_or_default();
                    if !lines.is_empty() {
                        out.push_str(&content[copied..range.end]);
                        copied = range.end;
                        out.push_str(&paragraph(&lines));
                    }
                }
                _ => {}
            }
        }
        out.push_str(&content[copied..]);
        out
    }
}

fn paragraph(lines: &[String]) -> String {
    let lines = lines.iter();
    let lines: Vec<_> = lines
        .map(|line| format!("<code>{}</code>", escape(line)))
        .collect();
    format!("\n\n<p class=\"needs\">{}</p>\n\n", lines.join("<br>"))
}

impl Known {
    fn of(name: &str, asked: &Value, lock: &Table) -> Option<Self> {
        let features = asked.get("features").and_then(Value::as_array);
        let features = features.into_iter().flatten().filter_map(Value::as_str);
        Some(Self {
            name: name.to_owned(),
            version: ship::version(lock, name)?,
            default_features: asked
                .get("default-features")
                .is_none_or(|asked| asked.as_bool() != Some(false)),
            features: features.map(str::to_owned).collect(),
        })
    }

    /// Whether a path of `code` begins with the crate's name, or a `use` names it.
    fn is_named_in(&self, code: &str) -> bool {
        let name = self.name.replace('-', "_");
        code.match_indices(&name).any(|(at, _)| {
            let (before, after) = (&code[..at], &code[at + name.len()..]);
            let begins = !before.ends_with(|c: char| c.is_alphanumeric() || "_:.\"".contains(c));
            let used = before.trim_end().ends_with("use") && after.starts_with([';', ' ']);
            begins && (after.starts_with("::") || used)
        })
    }

    fn line(&self, code: &str) -> String {
        let Self { name, version, .. } = self;
        let needed = |feature: &str| {
            let told = TOLD_BY.iter().find(|(known, _)| *known == feature);
            told.is_none_or(|(_, words)| words.iter().any(|word| has_word(code, word)))
        };
        let features: Vec<_> = self
            .features
            .iter()
            .filter(|feature| needed(feature))
            .map(|feature| format!("\"{feature}\""))
            .collect();
        if features.is_empty() && self.default_features {
            return format!("{name} = \"{version}\"");
        }
        let mut line = format!("{name} = {{ version = \"{version}\"");
        if !self.default_features {
            line.push_str(", default-features = false");
        }
        if !features.is_empty() {
            // Writing to a `String` cannot fail.
            let _ = write!(line, ", features = [{}]", features.join(", "));
        }
        line + " }"
    }
}

fn has_word(code: &str, word: &str) -> bool {
    let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|other| other == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[workspace.dependencies]\nanyhow = \"1\"\ncrossbeam-channel = \"0.5\"\n\
        futures = { version = \"0.3\", default-features = false, features = [\"std\"] }\n\
        tokio = { version = \"1\", features = [\"macros\", \"net\", \"sync\"] }\n\
        record = { path = \"record\" }\nunlocked = \"1\"\n";
    const LOCK: &str = "[[package]]\nname = \"anyhow\"\nversion = \"1.0.9\"\n\
        [[package]]\nname = \"crossbeam-channel\"\nversion = \"0.5.15\"\n\
        [[package]]\nname = \"futures\"\nversion = \"0.3.31\"\n\
        [[package]]\nname = \"record\"\nversion = \"0.1.0\"\n\
        [[package]]\nname = \"tokio\"\nversion = \"1.54.1\"\n";

    fn lines(program: &str) -> Vec<String> {
        Crates::of(MANIFEST, LOCK).lines(program)
    }

    #[test]
    fn a_crate_is_needed_where_a_path_begins_with_it() {
        let named = ["crossbeam-channel = \"0.5.15\""];
        assert_eq!(lines("use crossbeam_channel::bounded;"), named);
        assert_eq!(lines("let a = crossbeam_channel::unbounded();"), named);
        assert_eq!(lines("use anyhow;"), ["anyhow = \"1.0.9\""]);
        for other in [
            "// anyhow::Result would do",
            "use my_anyhow::Result;",
            "use crate::anyhow::Result;",
            "let anyhow = 1;",
            "use record::Recorder;",
            "use unlocked::Any;",
        ] {
            assert!(lines(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn features_that_the_text_does_not_ask_for_are_left_out() {
        assert_eq!(
            lines("use tokio::sync::mpsc;"),
            ["tokio = { version = \"1.54.1\", features = [\"macros\", \"sync\"] }"]
        );
        assert_eq!(
            lines(
                "#[tokio::main] // but nothing of tokio::net\nasync fn main() { futures::future::pending().await }"
            ),
            [
                "futures = { version = \"0.3.31\", default-features = false, features = [\"std\"] }",
                "tokio = { version = \"1.54.1\", features = [\"macros\"] }",
            ]
        );
    }

    #[test]
    fn the_lines_stand_below_the_listing_and_nowhere_else() {
        let crates = Crates::of(MANIFEST, LOCK);
        let listing = "```rust\n# use anyhow::Result;\nfn f() {}\n```";
        let shown = "<p class=\"needs\"><code>anyhow = &quot;1.0.9&quot;</code></p>";
        assert_eq!(
            crates.shown(&format!("Text.\n\n{listing}\n\nMore.\n")),
            format!("Text.\n\n{listing}\n\n{shown}\n\n\n\nMore.\n")
        );
        for other in [
            "```text\nuse anyhow::Result;\n```\n",
            "```rust\nfn f() {}\n```\n",
            "```rust,ship\nuse anyhow::Result;\n```\n",
            "- ```rust\n  use anyhow::Result;\n  ```\n",
        ] {
            assert_eq!(crates.shown(other), other);
        }
    }
}
