//! Numbers and text as SVG wants them.

/// At most one decimal, and none if it is zero.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Text that is safe between tags and in a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // A blank line would end Markdown's HTML block.
            '\n' | '\r' => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_at_most_one_decimal() {
        assert_eq!(number(10.0), "10");
        assert_eq!(number(10.26), "10.3");
    }

    #[test]
    fn markup_in_a_label_stays_text() {
        assert_eq!(
            escape("Vec<T> & \"x\"\n"),
            "Vec&lt;T&gt; &amp; &quot;x&quot; "
        );
    }
}
