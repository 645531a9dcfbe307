//! The tree of decisions on a page, in three forms: question by question, as one picture, as text.
//!
//! Question by question it works without a script: an answer is a link to the next question, and the
//! stylesheet shows the one that the address names. So a choice can be shared, and "back" takes an
//! answer back.

mod diagram;

use std::fmt::Write as _;

use super::markdown::{block, escape, inline};
use crate::course::{Course, Slug};
use crate::decision::{Answer, Leaf, Neighbour, Node, Question, Taught};

/// The whole as one HTML block without a blank line.
pub(super) fn render(root: &Question, course: &Course) -> String {
    let mut html = "<div class=\"decision\">\n<div class=\"steps\">\n".to_owned();
    question_step(&mut html, course, root, &[]);
    html.push_str("</div>\n");
    html.push_str(&diagram::render(root));
    html.push_str("<details class=\"whole\" open>\n<summary>The whole tree as text</summary>\n");
    text(&mut html, course, root);
    html.push_str("</details>\n</div>\n");
    html
}

/// What was answered on the way to a step.
type Path<'a> = [(&'a Question, &'a Answer)];

fn question_step(html: &mut String, course: &Course, question: &Question, path: &Path) {
    begin_step(html, &question.id, path);
    // Writing to a `String` cannot fail, here and below.
    let _ = writeln!(html, "<p class=\"asks\">{}</p>", inline(&question.asks));
    if let Some(help) = &question.help {
        let _ = writeln!(html, "<p class=\"help\">{}</p>", inline(help));
    }
    html.push_str("<ul>\n");
    for answer in &question.answers {
        let _ = writeln!(
            html,
            "<li><a href=\"#{}\">{}</a></li>",
            step_id(answer.leads_to.id()),
            inline(&answer.says)
        );
    }
    html.push_str("</ul>\n</section>\n");
    for answer in &question.answers {
        let path = [path, &[(question, answer)]].concat();
        match &answer.leads_to {
            Node::Question(next) => question_step(html, course, next, &path),
            Node::Leaf(leaf) => leaf_step(html, course, leaf, &path),
        }
    }
}

fn leaf_step(html: &mut String, course: &Course, leaf: &Leaf, path: &Path) {
    begin_step(html, &leaf.id, path);
    let _ = writeln!(
        html,
        "<p class=\"asks\">{}</p>\n{}",
        inline(&leaf.pattern),
        block(&leaf.why)
    );
    lost(html, course, leaf);
    let _ = writeln!(html, "<p class=\"lesson\">{}</p>", lesson(course, leaf));
    html.push_str("</section>\n");
}

/// A step can be focused: a browser puts the focus on what the address names, and a screen reader
/// goes on from there.
fn begin_step(html: &mut String, id: &str, path: &Path) {
    let _ = writeln!(
        html,
        "<section class=\"step\" id=\"{}\" tabindex=\"-1\" aria-label=\"{}\">",
        step_id(id),
        if path.is_empty() {
            "Which pattern?".to_owned()
        } else {
            format!("Which pattern? Step {}", path.len() + 1)
        }
    );
    if path.is_empty() {
        return;
    }
    html.push_str("<ol class=\"path\" aria-label=\"Your answers\">\n");
    for (question, answer) in path {
        let _ = writeln!(
            html,
            "<li><a href=\"#{}\">{}</a> {}</li>",
            step_id(&question.id),
            escape(&question.short),
            escape(&answer.short)
        );
    }
    html.push_str("</ol>\n");
}

fn step_id(id: &str) -> String {
    format!("which-{id}")
}

fn text(html: &mut String, course: &Course, question: &Question) {
    let _ = writeln!(html, "<p>{}</p>\n<ul>", inline(&question.asks));
    for answer in &question.answers {
        let _ = writeln!(html, "<li>{}", inline(&answer.says));
        match &answer.leads_to {
            Node::Question(next) => text(html, course, next),
            Node::Leaf(leaf) => {
                let _ = writeln!(
                    html,
                    "<p><strong>{}.</strong> {} {}</p>",
                    inline(&leaf.pattern),
                    inline(&leaf.why),
                    lesson(course, leaf)
                );
                lost(html, course, leaf);
            }
        }
        html.push_str("</li>\n");
    }
    html.push_str("</ul>\n");
}

fn lost(html: &mut String, course: &Course, leaf: &Leaf) {
    html.push_str("<ul class=\"lost\">\n");
    for neighbour in &leaf.lost {
        let _ = writeln!(
            html,
            "<li>Not {}: {}.</li>",
            named(course, neighbour),
            inline(&neighbour.because)
        );
    }
    html.push_str("</ul>\n");
}

/// A neighbour that other words surround; a link if its lesson is written.
fn named(course: &Course, neighbour: &Neighbour) -> String {
    let pattern = inline(&neighbour.pattern);
    let written = neighbour
        .lesson
        .as_ref()
        .filter(|slug| is_written(course, slug));
    match written {
        Some(slug) => format!("<a href=\"{slug}.md\">{pattern}</a>"),
        None => format!("<em>{pattern}</em>"),
    }
}

/// Where to learn the pattern.
fn lesson(course: &Course, leaf: &Leaf) -> String {
    match &leaf.lesson {
        Taught::Nowhere(why) => inline(why),
        Taught::In(slug) if is_written(course, slug) => {
            let title = course.lesson(slug.as_str()).map(|lesson| &lesson.title);
            let title = title.map_or(slug.as_str(), String::as_str);
            format!("Lesson: <a href=\"{slug}.md\">{}</a>.", escape(title))
        }
        Taught::In(_) => {
            let meanwhile = leaf.meanwhile.as_deref().map(inline);
            let meanwhile = meanwhile.unwrap_or_default();
            format!("The lesson on it is not written yet. {meanwhile}")
        }
    }
}

fn is_written(course: &Course, slug: &Slug) -> bool {
    course.lesson(slug.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path as FilePath;

    use super::*;
    use crate::decision::parse;

    const TREE: &str = r#"
[[question]]
id = "one"
asks = "One or **many**?"
short = "how many"
help = "Count them."
[[question.answer]]
says = "One."
short = "one"
leads_to = "loop"
[[question.answer]]
says = "Many."
short = "many < more"
leads_to = "pool"

[[leaf]]
id = "loop"
pattern = "Loop"
no_lesson = "You know it."
why = "It is enough."
lost = [{ pattern = "Pool", lesson = "worker_pool", because = "too much" }]

[[leaf]]
id = "pool"
pattern = "Semaphore"
lesson = "semaphore"
meanwhile = "Read *tokio's* page."
why = "It bounds."
lost = [{ pattern = "Loop", because = "too slow" }]
"#;

    fn rendered() -> String {
        let summary = "# Summary\n\n- [Worker pool](worker_pool.md)\n";
        let course = Course::from_summary(FilePath::new("/"), summary).expect("a course");
        render(&parse(TREE).expect("a tree"), &course)
    }

    #[test]
    fn an_answer_is_a_link_to_the_next_step() {
        let html = rendered();
        assert_eq!(html.matches("<section class=\"step\"").count(), 3);
        for id in ["which-loop", "which-pool"] {
            assert!(html.contains(&format!("<a href=\"#{id}\">")), "{id}");
            assert!(html.contains(&format!(" id=\"{id}\" ")), "{id}");
        }
        assert!(html.contains("<p class=\"asks\">One or <strong>many</strong>?</p>"));
    }

    #[test]
    fn a_step_shows_the_answers_that_led_to_it() {
        let html = rendered();
        let way = "<li><a href=\"#which-one\">how many</a> many &lt; more</li>";
        assert!(html.contains(way), "{html}");
    }

    #[test]
    fn a_lesson_is_linked_once_it_is_written() {
        let html = rendered();
        assert!(html.contains("Not <a href=\"worker_pool.md\">Pool</a>: too much."));
        let later = "The lesson on it is not written yet. Read <em>tokio's</em> page.";
        assert!(html.contains(later), "{html}");
        assert!(html.contains("Not <em>Loop</em>: too slow."));
        assert!(html.contains("You know it."));
    }

    #[test]
    fn markdown_takes_all_of_it_for_one_html_block() {
        let html = rendered();
        assert!(html.starts_with("<div "));
        assert!(html.lines().all(|line| !line.trim().is_empty()), "{html}");
    }
}
