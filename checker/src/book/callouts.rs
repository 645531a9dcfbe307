//! What is set apart in a chapter: code that does not compile, code that compiles and is wrong, and
//! what changes for those who come from Go. Authors mark the first two at the fence and the third by
//! its heading's id; how it looks is the stylesheet's.

use super::parts::{Heading, Part};

/// The mark of a fence whose program compiles and does the wrong thing: `rust,wrong`.
pub const WRONG: &str = "wrong";

/// `content` with its callouts set apart.
pub(super) fn set_apart(content: &str) -> String {
    let mut out = String::with_capacity(content.len() + 512);
    let mut lines = content.split_inclusive('\n').peekable();
    let mut go: Option<Heading> = None;
    while let Some(line) = lines.next() {
        let text = line.trim_end();
        let heading = Heading::of(text);
        if let (Some(own), Some(other)) = (&go, &heading)
            && other.ends(own)
        {
            out.push_str("</div>\n\n");
            go = None;
        }
        let Some(fence) = Fence::opening(text) else {
            out.push_str(line);
            if let Some(heading) = heading.filter(|heading| heading.begins(Part::FromGo)) {
                out.push_str("\n<div class=\"callout from-go\">\n\n");
                go = Some(heading);
            }
            continue;
        };
        let title = title(fence.info);
        if let Some(title) = &title {
            out.push_str(title);
        }
        out.push_str(line);
        copy_fence(&fence, &mut lines, &mut out);
        if title.is_some() {
            // The compiler's words belong to the program that they are about.
            if fence.info.contains("compile_fail") {
                let mut ahead = lines.clone().skip_while(|line| line.trim().is_empty());
                let next = ahead
                    .next()
                    .and_then(|line| Fence::opening(line.trim_end()));
                if let Some(words) = next.filter(|fence| fence.info == "text") {
                    for line in lines.by_ref() {
                        out.push_str(line);
                        if !line.trim().is_empty() {
                            break;
                        }
                    }
                    copy_fence(&words, &mut lines, &mut out);
                }
            }
            out.push_str("\n</div>\n\n");
        }
    }
    if go.is_some() {
        out.push_str("\n</div>\n");
    }
    out
}

/// An opening fence at the beginning of its line.
#[derive(Debug)]
struct Fence<'a> {
    mark: &'a str,
    info: &'a str,
}

impl<'a> Fence<'a> {
    fn opening(text: &'a str) -> Option<Self> {
        ['`', '~'].into_iter().find_map(|mark| {
            let info = text.trim_start_matches(mark);
            let length = text.len() - info.len();
            (length >= 3).then(|| Self {
                mark: &text[..length],
                info: info.trim(),
            })
        })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let text = line.trim();
        text.starts_with(self.mark) && text.trim_start_matches(&self.mark[..1]).is_empty()
    }
}

fn copy_fence<'a>(fence: &Fence, lines: &mut impl Iterator<Item = &'a str>, out: &mut String) {
    for line in lines {
        out.push_str(line);
        if fence.is_closed_by(line) {
            break;
        }
    }
}

/// What stands above a program that is set apart; nothing above any other.
fn title(info: &str) -> Option<String> {
    let words = || info.split([',', ' ']).filter(|word| !word.is_empty());
    let (class, title) = if words().any(|word| word == "compile_fail") {
        let code = words().find(|word| word.starts_with('E') && word[1..].parse::<u16>().is_ok());
        let code = code.map(|code| format!(" <code>{code}</code>"));
        let title = format!("Does not compile{}", code.unwrap_or_default());
        ("does-not-compile", title)
    } else if words().any(|word| word == WRONG) {
        ("compiles-but-wrong", "Compiles, but wrong".to_owned())
    } else {
        return None;
    };
    Some(format!(
        "<div class=\"callout {class}\">\n<p class=\"callout-title\">{title}</p>\n\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_compile_is_set_apart_with_the_compilers_words() {
        let text = "A.\n\n```rust,compile_fail,E0373\nx\n```\n\n```text\nerror\n```\n\nB.\n";
        assert_eq!(
            set_apart(text),
            "A.\n\n<div class=\"callout does-not-compile\">\n<p class=\"callout-title\">Does not \
             compile <code>E0373</code></p>\n\n```rust,compile_fail,E0373\nx\n```\n\n```text\n\
             error\n```\n\n</div>\n\n\nB.\n"
        );
    }

    #[test]
    fn words_of_somebody_else_are_not_the_compilers() {
        let text = "```rust,compile_fail,E0499\nx\n```\n\nIt says:\n\n```text\nerror\n```\n";
        let set = set_apart(text);
        assert!(
            set.contains("x\n```\n\n</div>\n\n\nIt says:\n\n```text"),
            "{set}"
        );
        let wrong = set_apart("```rust,wrong\nx\n```\n\n```text\n1\n```\n");
        assert!(
            wrong.starts_with("<div class=\"callout compiles-but-wrong\">\n"),
            "{wrong}"
        );
        assert!(wrong.contains("x\n```\n\n</div>\n\n\n```text"), "{wrong}");
    }

    #[test]
    fn the_section_from_go_ends_where_the_next_begins() {
        let text = "## From Go\n\nA.\n\n```go\n## no heading\n```\n\n### B\n\n## Exercise\n\nC.\n";
        assert_eq!(
            set_apart(text),
            "## From Go\n\n<div class=\"callout from-go\">\n\n\nA.\n\n```go\n## no heading\n```\n\n\
             ### B\n\n</div>\n\n## Exercise\n\nC.\n"
        );
        assert!(set_apart("## From Go\n\nA.\n").ends_with("A.\n\n</div>\n"));
    }

    #[test]
    fn all_else_stays_as_it_is() {
        let text =
            "# A\n\n````md\n```rust,compile_fail\n```\n## From Go\n````\n- b\n  ```rust\n  ```\n";
        assert_eq!(set_apart(text), text);
    }
}
