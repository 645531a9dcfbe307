//! All takeaways of the course on one page, taken from the chapters as they stand there.

use std::fmt::Write as _;

use super::parts::{Part, text_of};
use crate::course::Course;

/// Each lesson's title, and its takeaways as its chapter has them: Markdown, whose links work on any
/// page beside the chapters. The titles are no headings, for the directive may stand below any.
pub(super) fn collect(course: &Course) -> String {
    let mut page = String::new();
    for lesson in course.lessons() {
        let chapter = std::fs::read_to_string(course.chapter_path(&lesson.slug));
        let Some(takeaways) = chapter
            .ok()
            .and_then(|text| text_of(&text, Part::Takeaways))
        else {
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
