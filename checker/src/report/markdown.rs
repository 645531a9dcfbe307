//! Markdown for a terminal: programs get line numbers, paragraphs are wrapped, the rest is left as
//! it was written, which is how Markdown was meant to be read.

use std::fmt::Write as _;

use super::Terminal;

/// Renders `text` within the terminal's width.
pub fn markdown(text: &str, terminal: &Terminal) -> String {
    let mut shown = String::new();
    let mut paragraph = String::new();
    let mut lines = text.trim().lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            flush(&mut paragraph, &mut shown, terminal);
            let code: Vec<&str> = lines
                .by_ref()
                .take_while(|line| !line.trim_start().starts_with("```"))
                .collect();
            if language.starts_with("rust") {
                shown.push_str(&program(&without_hidden(&code), terminal));
            } else {
                for line in code {
                    let _ = writeln!(shown, "    {line}");
                }
            }
        } else if line.trim().is_empty() {
            flush(&mut paragraph, &mut shown, terminal);
            shown.push('\n');
        } else {
            if begins_a_block(line) {
                flush(&mut paragraph, &mut shown, terminal);
            }
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim());
        }
    }
    flush(&mut paragraph, &mut shown, terminal);
    shown
}

/// Renders a Rust program with line numbers.
pub fn program(source: &str, terminal: &Terminal) -> String {
    let bar = terminal.either("│", "|");
    let lines = source.trim_end().lines();
    lines
        .enumerate()
        .fold(String::new(), |mut shown, (n, line)| {
            let number = terminal.dim(&format!("{:4} {bar}", n + 1));
            let _ = writeln!(shown, "{}", format!("{number} {line}").trim_end());
            shown
        })
}

/// Leaves out what mdBook hides.
fn without_hidden(code: &[&str]) -> String {
    let seen = code.iter().filter(|line| {
        let line = line.trim_start();
        line != "#" && !line.starts_with("# ")
    });
    seen.fold(String::new(), |text, line| text + line + "\n")
}

fn begins_a_block(line: &str) -> bool {
    let line = line.trim_start();
    ["- ", "* ", "> ", "| ", "#"]
        .iter()
        .any(|start| line.starts_with(start))
        || line
            .split_once(". ")
            .is_some_and(|(number, _)| number.parse::<u32>().is_ok())
}

/// Empties `paragraph` into `shown`, broken between words; the lines of a list item hang.
fn flush(paragraph: &mut String, shown: &mut String, terminal: &Terminal) {
    let indent = if begins_a_block(paragraph) { "  " } else { "" };
    if !paragraph.is_empty() {
        shown.push_str(&terminal.wrap(paragraph, indent));
        shown.push('\n');
    }
    paragraph.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> String {
        let mut terminal = Terminal::plain();
        terminal.style.width = 20;
        markdown(text, &terminal)
    }

    #[test]
    fn paragraphs_are_wrapped_and_stay_apart() {
        assert_eq!(
            rendered("one two three four\nfive six\n\nseven"),
            "one two three four\nfive six\n\nseven\n"
        );
        assert_eq!(rendered("a b\nc"), "a b c\n");
    }

    #[test]
    fn the_items_of_a_list_keep_their_lines() {
        assert_eq!(
            rendered("- one two three four five\n- six\n1. seven"),
            "- one two three four\n  five\n- six\n1. seven\n"
        );
    }

    #[test]
    fn a_program_gets_line_numbers_and_hides_what_the_book_hides() {
        assert_eq!(
            rendered(
                "What is printed?\n```rust\n# use std::thread;\nfn main() {\n\n    #[a]\n}\n```\nThink."
            ),
            "What is printed?\n   1 | fn main() {\n   2 |\n   3 |     #[a]\n   4 | }\nThink.\n"
        );
    }

    #[test]
    fn other_code_is_left_alone() {
        assert_eq!(rendered("```text\n1 2\n```"), "    1 2\n");
    }
}
