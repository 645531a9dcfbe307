//! Markdown to HTML for what does not go through mdBook: a quiz's prompts, choices, explanations.
//!
//! The result is put into a chapter as one HTML block, and Markdown ends such a block at the first
//! blank line. So it holds none: newlines in code are written as character references.

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// `text` as HTML without a blank line.
pub(super) fn block(text: &str) -> String {
    render(Parser::new_ext(text, options()))
}

/// `text` as HTML that fits into a `<label>`: a single paragraph comes without its `<p>`.
pub(super) fn inline(text: &str) -> String {
    let events: Vec<_> = Parser::new_ext(text, options()).collect();
    match lead(&events) {
        Some(end) if end + 1 == events.len() => render(events[1..end].iter().cloned()),
        _ => render(events.into_iter()),
    }
}

/// The first paragraph of `text` without its `<p>`, to stand in a `<legend>`, and all that follows
/// it. The first is empty if `text` begins with something else.
pub(super) fn lead_and_rest(text: &str) -> (String, String) {
    let events: Vec<_> = Parser::new_ext(text, options()).collect();
    match lead(&events) {
        Some(end) => (
            render(events[1..end].iter().cloned()),
            render(events[end + 1..].iter().cloned()),
        ),
        None => (String::new(), render(events.into_iter())),
    }
}

/// Text as the content of an element or of a double-quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => {}
            c => out.push(c),
        }
    }
    out
}

fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH
}

/// Where the paragraph ends that the events begin with.
fn lead(events: &[Event<'_>]) -> Option<usize> {
    if !matches!(events.first(), Some(Event::Start(Tag::Paragraph))) {
        return None;
    }
    events
        .iter()
        .position(|event| matches!(event, Event::End(TagEnd::Paragraph)))
}

fn render<'a>(events: impl Iterator<Item = Event<'a>>) -> String {
    let mut in_code = false;
    let events = events.map(|event| match event {
        Event::Start(Tag::CodeBlock(kind)) => {
            in_code = true;
            Event::Html(format!("<pre><code{}>", class(&kind)).into())
        }
        Event::End(TagEnd::CodeBlock) => {
            in_code = false;
            Event::Html(CowStr::Borrowed("</code></pre>\n"))
        }
        Event::Text(text) if in_code => Event::Html(escape(&text).into()),
        other => other,
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    let lines: Vec<_> = out.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.join("\n")
}

/// As mdBook writes it: the language, then each further word of the fence as a class.
fn class(kind: &CodeBlockKind<'_>) -> String {
    let CodeBlockKind::Fenced(info) = kind else {
        return String::new();
    };
    let words: Vec<_> = info
        .split([' ', '\t', ','])
        .filter(|word| !word.is_empty())
        .collect();
    match words.as_slice() {
        [] => String::new(),
        words => format!(" class=\"language-{}\"", escape(&words.join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_keeps_its_blank_lines_without_one_in_the_html() {
        let html = block("Look:\n\n```rust,no_run\nlet a = 1 < 2;\n\nb();\n```\n\n\nThen?");
        assert_eq!(
            html,
            "<p>Look:</p>\n<pre><code class=\"language-rust no_run\">let a = 1 &lt; 2;&#10;&#10;b();&#10;\
             </code></pre>\n<p>Then?</p>"
        );
    }

    #[test]
    fn a_choice_of_one_paragraph_fits_into_a_label() {
        assert_eq!(inline("the `Sender`"), "the <code>Sender</code>");
        assert_eq!(
            inline("```text\na\n```"),
            "<pre><code class=\"language-text\">a&#10;</code></pre>"
        );
    }

    #[test]
    fn the_first_paragraph_becomes_the_legend() {
        assert_eq!(
            lead_and_rest("Which *one*?\n\n- a\n- b"),
            (
                "Which <em>one</em>?".to_owned(),
                "<ul>\n<li>a</li>\n<li>b</li>\n</ul>".to_owned()
            )
        );
        assert_eq!(lead_and_rest("- a").0, "");
    }

    #[test]
    fn what_looks_like_html_in_an_attribute_stays_text() {
        assert_eq!(
            escape("\"<a & b>\"\r\n"),
            "&quot;&lt;a &amp; b&gt;&quot;&#10;"
        );
    }
}
