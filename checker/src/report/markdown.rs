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
        let wrapped = terminal.wrap(&without_emphasis(paragraph), indent);
        shown.push_str(&terminal.code(&wrapped));
        shown.push('\n');
    }
    paragraph.clear();
}

/// Leaves out the stars round words that are set apart. What stands in backticks is code, where a
/// star is one.
fn without_emphasis(text: &str) -> String {
    let mut plain = String::new();
    let mut in_code = false;
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        in_code ^= c == '`';
        let after = chars.peek().copied().unwrap_or(' ');
        // One with space on both sides multiplies or begins an item, and so does one between digits.
        let apart = before.is_whitespace() && after.is_whitespace();
        let times = before.is_ascii_digit() && after.is_ascii_digit();
        if c != '*' || in_code || apart || times {
            plain.push(c);
        }
        before = c;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_set_apart_lose_their_stars_and_code_keeps_its() {
        assert_eq!(
            without_emphasis("*A question:* is **2 * 3** `*p * 2`, 2*3 or * alone?"),
            "A question: is 2 * 3 `*p * 2`, 2*3 or * alone?"
        );
        assert_eq!(without_emphasis("* an item"), "* an item");
        assert_eq!(without_emphasis("*`code`* stays"), "`code` stays");
    }

    #[test]
    fn code_is_coloured_where_there_are_colours_and_in_backticks_elsewhere() {
        let mut terminal = Terminal::plain();
        assert_eq!(markdown("call `f()` now", &terminal), "call `f()` now\n");
        terminal.style.colour = record::timeline::text::Colour::Ansi;
        assert_eq!(
            markdown("call `f()` now", &terminal),
            "call \x1b[36mf()\x1b[0m now\n"
        );
    }

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
