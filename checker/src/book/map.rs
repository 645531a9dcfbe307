//! The course map: every lesson with its part, whether it is on the core path, and how long it takes.
//! It is a table of contents by itself; where the page's script knows how far the learner is, it
//! fills in the rest.

use std::fmt::Write as _;

use super::markdown::escape;
use crate::course::{Course, ExerciseKind, Lesson, Minutes};

/// The cells that the page's script fills. A row of a part has them too: as long as a column is hidden,
/// no cell may reach into it, or the table leaves room for it.
const STATES: &str = "<td class=\"state\"></td><td class=\"state exercise-state\"></td>";

/// The map as one HTML block without a blank line. Columns that only a script can fill are there from
/// the start, so that nothing moves.
pub(super) fn render(course: &Course) -> String {
    let mut html = "<div class=\"course-map\">\n<p class=\"up-next\" role=\"status\"></p>\n\
         <div class=\"table-wrapper\"><table>\n\
         <thead><tr><th scope=\"col\">Lesson</th><th scope=\"col\">Read</th>\
         <th scope=\"col\">Solve</th><th scope=\"col\" class=\"state\">Quiz</th>\
         <th scope=\"col\" class=\"state exercise-state\">Exercise</th></tr></thead>\n"
        .to_owned();
    let lessons: Vec<_> = course.lessons().collect();
    let mut number = 0;
    for part in lessons.chunk_by(|one, next| one.part == next.part) {
        html.push_str("<tbody>\n");
        if let Some(title) = &part[0].part {
            // Writing to a `String` cannot fail, here and below.
            let _ = writeln!(
                html,
                "<tr class=\"part\"><th colspan=\"3\" scope=\"rowgroup\">{}</th>{STATES}</tr>",
                escape(title)
            );
        }
        for lesson in part {
            number += 1;
            row(&mut html, course, lesson, number);
        }
        html.push_str("</tbody>\n");
    }
    html.push_str("</table></div>\n");
    if lessons.iter().any(|lesson| is_core(course, lesson)) {
        html.push_str("<p class=\"key\">★ core path. Minutes to read and to solve.</p>\n");
    } else {
        html.push_str("<p class=\"key\">Minutes to read and to solve.</p>\n");
    }
    html.push_str("</div>\n");
    html
}

fn row(html: &mut String, course: &Course, lesson: &Lesson, number: usize) {
    let chapter = std::fs::read_to_string(course.chapter_path(&lesson.slug)).unwrap_or_default();
    let minutes = Minutes::of(&chapter);
    let (read, solve) = match &minutes {
        Some(Minutes { read, solve }) => (read.as_str(), solve.as_deref()),
        None => ("", None),
    };
    let star = if is_core(course, lesson) {
        " <span class=\"core\" role=\"img\" aria-label=\"core path\">★</span>"
    } else {
        ""
    };
    let _ = writeln!(
        html,
        "<tr data-lesson=\"{slug}\"><th scope=\"row\">{number}. <a href=\"{slug}.md\">{}</a>{star}</th>\
         <td>{read}</td><td>{}</td>{STATES}</tr>",
        escape(&lesson.title),
        match lesson.exercise {
            ExerciseKind::None => "–".to_owned(),
            // A narrow column: "60–90".
            ExerciseKind::Program => solve.unwrap_or_default().replace(" to ", "–"),
        },
        slug = lesson.slug,
    );
}

fn is_core(course: &Course, lesson: &Lesson) -> bool {
    course.curriculum().is_core(&lesson.slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: &str = "# Summary\n\n# Begin\n\n- [A & B](a.md)\n\n# Go on\n\n- [C](c.md)\n\
                           - [Choosing](choosing_a_pattern.md)\n";

    fn course(folder: &std::path::Path) -> Course {
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().expect("has one")).expect("writable");
            std::fs::write(path, text).expect("writable");
        };
        write("book.toml", "");
        write("src/SUMMARY.md", SUMMARY);
        write(
            "src/a.md",
            "# A\n\n*To read: 12 minutes. To solve: 30 to 60 minutes.*\n",
        );
        write(
            "checker/curriculum.toml",
            "lessons = [\"a\", \"c\"]\ncore_path = [\"a\"]\n",
        );
        Course::find(folder).expect("a course")
    }

    #[test]
    fn every_lesson_has_a_row_under_its_part() {
        let folder = tempfile::tempdir().expect("a folder");
        let html = render(&course(folder.path()));
        assert!(html.contains(
            "<tr data-lesson=\"a\"><th scope=\"row\">1. <a href=\"a.md\">A &amp; B</a> <span \
             class=\"core\" role=\"img\" aria-label=\"core path\">★</span></th><td>12</td>\
             <td>30–60</td>"
        ));
        assert!(
            html.contains("<tr data-lesson=\"c\"><th scope=\"row\">2. <a href=\"c.md\">C</a></th>")
        );
        assert!(html.contains("Choosing</a></th><td></td><td>–</td>"));
        assert_eq!(html.matches("<tr class=\"part\">").count(), 2);
        assert!(html.lines().all(|line| !line.is_empty()));
    }
}
