//! A run of the exercise's tests, as the lesson's page shows it.

use std::fmt::Write as _;

use crate::book::markdown::escape;
use crate::report::OnPage;

/// In a line.
pub(super) fn line(shown: &OnPage) -> String {
    let words = std::iter::once(&shown.came_to).chain(&shown.rungs);
    words.map(String::as_str).collect::<Vec<_>>().join(" · ")
}

/// All that follows the line. What the learner's code says is text; the picture's renderer has escaped
/// all that it was given.
pub(super) fn html(shown: &OnPage) -> String {
    let mut html = String::new();
    // Writing to a `String` cannot fail, here and below.
    if !shown.sentence.is_empty() {
        let _ = writeln!(
            html,
            "<p class=\"sentence\">{}</p>",
            escape(&shown.sentence)
        );
    }
    if shown.reference.is_some() {
        html.push_str("<p class=\"whose\">Your run</p>\n");
    }
    html.push_str(shown.picture.as_deref().unwrap_or_default());
    if let Some(reference) = &shown.reference {
        html.push_str("<p class=\"whose\">The reference in the same test</p>\n");
        html.push_str(reference);
    }
    if !shown.details.is_empty() {
        let _ = writeln!(html, "<pre>{}</pre>", escape(&shown.details));
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> OnPage {
        OnPage {
            passed: false,
            came_to: "not passed".to_owned(),
            rungs: vec!["core 1 of 2".to_owned()],
            sentence: "<b>4 & more</b>".to_owned(),
            details: "a\n<i>".to_owned(),
            picture: Some("<figure></figure>".to_owned()),
            reference: None,
        }
    }

    #[test]
    fn what_the_code_says_is_text() {
        assert_eq!(line(&shown()), "not passed · core 1 of 2");
        assert_eq!(
            html(&shown()),
            "<p class=\"sentence\">&lt;b&gt;4 &amp; more&lt;/b&gt;</p>\n<figure></figure>\
             <pre>a&#10;&lt;i&gt;</pre>\n"
        );
    }

    #[test]
    fn the_references_run_stands_below_the_learners() {
        let both = OnPage {
            sentence: String::new(),
            details: String::new(),
            reference: Some("<figure id=\"b\"></figure>".to_owned()),
            ..shown()
        };
        assert_eq!(
            html(&both),
            "<p class=\"whose\">Your run</p>\n<figure></figure><p class=\"whose\">The reference in \
             the same test</p>\n<figure id=\"b\"></figure>"
        );
    }

    #[test]
    fn what_is_not_there_leaves_nothing_behind() {
        let passed = OnPage {
            sentence: String::new(),
            details: String::new(),
            picture: None,
            ..shown()
        };
        assert_eq!(html(&passed), "");
    }
}
