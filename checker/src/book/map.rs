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
    let core = lessons.iter().any(|lesson| is_core(course, lesson));
    let star = if core { "★ core path. " } else { "" };
    let total = total(lessons.iter().filter_map(|lesson| minutes(course, lesson)))
        .map_or_else(String::new, |hours| format!(" In all, {hours}."));
    let _ = writeln!(
        html,
        "<p class=\"key\">{star}Minutes to read and to solve.{total}\
         <span class=\"stretch-key\"> + passed with stretch.</span></p>"
    );
    html.push_str("</div>\n");
    html
}

fn row(html: &mut String, course: &Course, lesson: &Lesson, number: usize) {
    let minutes = minutes(course, lesson);
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

fn minutes(course: &Course, lesson: &Lesson) -> Option<Minutes> {
    let chapter = std::fs::read_to_string(course.chapter_path(&lesson.slug)).ok()?;
    Minutes::of(&chapter)
}

/// What all lessons take: `19 to 31 hours`, or nothing if no lesson says.
fn total(lessons: impl Iterator<Item = Minutes>) -> Option<String> {
    let bounds = |words: &str| -> (u32, u32) {
        let mut numbers = words.split(" to ").filter_map(|word| word.parse().ok());
        let least = numbers.next().unwrap_or(0);
        (least, numbers.next().unwrap_or(least))
    };
    let (least, most) = lessons
        .flat_map(|Minutes { read, solve }| [Some(read), solve])
        .flatten()
        .map(|words| bounds(&words))
        .fold((0, 0), |(least, most), (from, to)| {
            (least + from, most + to)
        });
    let hours = |minutes: u32| (minutes + 30) / 60;
    match (hours(least), hours(most)) {
        (_, 0) => None,
        (1, 1) => Some("1 hour".to_owned()),
        (least, most) if least == most => Some(format!("{most} hours")),
        (least, most) => Some(format!("{least} to {most} hours")),
    }
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
    fn the_whole_course_is_told_in_hours() {
        let lesson = |read: &str, solve: Option<&str>| Minutes {
            read: read.to_owned(),
            solve: solve.map(str::to_owned),
        };
        let lessons = [lesson("15", Some("60 to 90")), lesson("10 to 20", None)];
        assert_eq!(total(lessons.into_iter()).as_deref(), Some("1 to 2 hours"));
        assert_eq!(total(std::iter::empty()), None);
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
        assert!(
            html.contains("Minutes to read and to solve. In all, 1 hour."),
            "{html}"
        );
        assert!(html.lines().all(|line| !line.is_empty()));
    }
}
