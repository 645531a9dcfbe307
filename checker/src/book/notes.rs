//! What a trainer reads beside a chapter, and what a class gets on paper: `src/notes/<slug>.md`, pages of
//! the trainers' edition alone. A lesson that has notes has a worksheet.
//!
//! `{{#mistake worker_pool works_under_the_lock}}` in them stands for what a wrong solution does, what
//! its learner sees, and the command that shows its picture.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use mdbook_preprocessor::book::{Book, BookItem, Chapter};

use super::worksheet;
use crate::agenda::{self, Frame};
use crate::course::{Course, Lesson, Slug};
use crate::quiz;
use crate::solutions;

/// For whom the book is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// Who learns.
    Learners,
    /// Who gives a class: with the notes.
    Trainers,
}

/// Adds the agendas and the notes of `course` behind the last chapter of `book`.
pub(super) fn add(course: &Course, book: &mut Book) -> Result<()> {
    let mut pages = vec![page("Agendas", "notes/agendas.md", agendas(course)?)];
    for Lesson { slug, title, .. } in course.lessons() {
        let path = course.notes_path(slug);
        if !path.is_file() {
            continue;
        }
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let text = with_mistakes(&text, course).with_context(|| path.display().to_string())?;
        pages.push(page(
            &format!("Notes: {title}"),
            &format!("notes/{slug}.md"),
            text,
        ));
        if let Some(chapter) = chapter(book, slug) {
            let path = course.quiz_path(slug);
            let quiz = fs::read_to_string(&path).ok();
            let quiz = quiz.map(|text| quiz::parse(&text, &path)).transpose()?;
            let sheet = worksheet::of(slug, &chapter.content, quiz.as_ref());
            pages.push(page(
                &format!("Worksheet: {title}"),
                &format!("worksheets/{slug}.md"),
                sheet
                    .replace("](", "](../")
                    .replace("](../http", "](http")
                    .replace("](../#", "](#"),
            ));
        }
    }
    book.items
        .push(BookItem::PartTitle("For the trainer".to_owned()));
    book.items.extend(pages.into_iter().map(BookItem::Chapter));
    Ok(())
}

/// The chapter of the lesson `slug`, with what it includes.
fn chapter<'a>(book: &'a Book, slug: &Slug) -> Option<&'a Chapter> {
    let source = PathBuf::from(format!("{slug}.md"));
    book.iter().find_map(|item| match item {
        BookItem::Chapter(chapter) if chapter.source_path.as_ref() == Some(&source) => {
            Some(chapter)
        }
        _ => None,
    })
}

fn page(title: &str, path: &str, text: String) -> Chapter {
    Chapter::new(title, text, PathBuf::from(path), Vec::new())
}

/// A class of each length.
fn agendas(course: &Course) -> Result<String> {
    let lessons = agenda::needs(course, &[]).map_err(anyhow::Error::msg)?;
    let together = course.curriculum().together();
    let mut text = "# Agendas\n\nMade from the minutes at the heads of the chapters. \
                    `cargo checker agenda --hours 5 --lessons channels,pipeline` prints others.\n\n"
        .to_owned();
    for frame in Frame::ALL {
        let agenda = agenda::plan(&lessons, &frame.sessions(), together);
        text.extend(["## ", frame.title(), "\n\n"]);
        text += &agenda::markdown(&agenda, &lessons, 3).replace("](", "](../");
    }
    Ok(text)
}

/// `text` with what its directives stand for.
fn with_mistakes(text: &str, course: &Course) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        match wanted(line) {
            None => out += line,
            Some((slug, name)) => out += &mistake(course, slug, name)?,
        }
        out.push('\n');
    }
    Ok(out)
}

/// `{{#mistake <lesson> <name>}}`
fn wanted(line: &str) -> Option<(&str, &str)> {
    let inner = line.trim().strip_prefix("{{#mistake ")?;
    inner.strip_suffix("}}")?.trim().split_once(' ')
}

fn mistake(course: &Course, slug: &str, name: &str) -> Result<String> {
    let slug: &Slug = &course.lesson(slug)?.slug;
    let mistakes = solutions::mistakes(course, slug)?;
    let Some(mistake) = mistakes.iter().find(|mistake| mistake.name == name) else {
        bail!("there is no solutions/wrong/{slug}/{name}.rs");
    };
    Ok(format!(
        "> **{name}:** {} The learner sees: \u{201c}{}\u{201d}.\n>\n\
         > ```console\n> cargo checker mistakes {slug} {name} --spoil\n> ```",
        mistake.sentence, mistake.learner_sees
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_asked_for_alone_on_its_line() {
        let line = "{{#mistake worker_pool works_under_the_lock}}";
        assert_eq!(wanted(line), Some(("worker_pool", "works_under_the_lock")));
        for line in [
            "See {{#mistake a b}}",
            "{{#mistake a}}",
            "{{#mistakes a b}}",
        ] {
            assert_eq!(wanted(line), None, "{line}");
        }
    }
}
