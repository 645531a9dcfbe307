//! All takeaways of the course on one page, taken from the chapters as they stand there.

use std::fmt::Write as _;

use crate::course::Course;

/// Each lesson's title, and its takeaways as its chapter has them: Markdown, whose links work on any
/// page beside the chapters. The titles are no headings, for the directive may stand below any.
pub(super) fn collect(course: &Course) -> String {
    let mut page = String::new();
    for lesson in course.lessons() {
        let chapter = std::fs::read_to_string(course.chapter_path(&lesson.slug));
        let Some(takeaways) = chapter.as_deref().ok().and_then(of) else {
            continue;
        };
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            page,
            "**[{}]({}.md)**\n\n{takeaways}\n",
            lesson.title, lesson.slug
        );
    }
    page
}

/// What stands between the heading and the next one.
fn of(chapter: &str) -> Option<&str> {
    let (_, rest) = chapter.split_once("\n## Takeaways\n")?;
    let takeaways = rest.split("\n## ").next().unwrap_or(rest).trim();
    (!takeaways.is_empty()).then_some(takeaways)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_takeaways_are_taken() {
        let chapter = "# A\n\ntext\n\n## Takeaways\n\n- One.\n- Two,\n  three.\n\n## Quiz\n\nx\n";
        assert_eq!(of(chapter), Some("- One.\n- Two,\n  three."));
        assert_eq!(of("# A\n\n## Takeaways\n\n## Quiz\n"), None);
        assert_eq!(of("# A\n"), None);
    }
}
