//! What rustdoc does to a fence before it compiles it.

use crate::verify::source::Source;

/// A line as the compiler gets it: `# ` hides it from the reader alone.
pub(super) fn unhidden(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    let (indent, rest) = line.split_at(indent);
    match rest.strip_prefix('#') {
        Some("") => String::new(),
        Some(rest) if rest.starts_with('#') => format!("{indent}{rest}"),
        Some(rest) => match rest.strip_prefix(' ') {
            Some(hidden) => format!("{indent}{hidden}"),
            None => line.to_owned(),
        },
        None => line.to_owned(),
    }
}

/// Gives a `main` to what has none, as rustdoc does.
pub(super) fn wrapped(source: Source) -> Source {
    let text = source.text();
    if text.contains("fn main(") {
        return source;
    }
    let ends_in_a_result = text.trim_end().ends_with("(())");
    let mut whole = Source::default();
    let mut rest = Vec::new();
    for (line, origin) in source.into_lines() {
        if line.trim_start().starts_with("#![") {
            whole.take(line, origin);
        } else {
            rest.push((line, origin));
        }
    }
    whole.add("fn main() {");
    if ends_in_a_result {
        whole.add("fn fallible() -> Result<(), impl std::fmt::Debug> {");
    }
    for (line, origin) in rest {
        whole.take(line, origin);
    }
    if ends_in_a_result {
        whole.add("}");
        whole.add("fallible().unwrap();");
    }
    whole.add("}");
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_lines_attributes_and_results_are_handled_as_by_rustdoc() {
        assert_eq!(unhidden("# use a;"), "use a;");
        assert_eq!(unhidden("#"), "");
        assert_eq!(unhidden("## a"), "# a");
        assert_eq!(unhidden("#[test]"), "#[test]");
        let mut source = Source::default();
        for line in ["#![allow(unused)]", "let a = b()?;", "Ok::<(), E>(())"] {
            source.add(line);
        }
        let text = wrapped(source).text();
        assert!(
            text.starts_with("#![allow(unused)]\nfn main() {\nfn fallible()"),
            "{text}"
        );
        assert!(
            text.ends_with("Ok::<(), E>(())\n}\nfallible().unwrap();\n}\n"),
            "{text}"
        );
    }
}
