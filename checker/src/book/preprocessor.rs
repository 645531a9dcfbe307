//! The book's preprocessor: carries out the chapters' directives, puts the state of a lesson's exercise
//! below the heading with the id `exercise`, and sets apart what the reader should not take for good code.
//!
//! `{{#quiz <slug>}}` is a lesson's quiz, `{{#ship <slug>}}` a program to take to work,
//! `{{#explore <name>}}` a picture that the reader moves, `{{#course-map}}` all lessons with their
//! minutes, `{{#decision-tree}}` the way to a pattern, `{{#takeaways}}` what all chapters say in the end.

use std::path::{Path, PathBuf};

use mdbook_preprocessor::book::{Book, BookItem, Chapter};
use mdbook_preprocessor::errors::Result as BookResult;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use thiserror::Error;

use super::explore::{self, ExploreError};
use super::hidden::{self, HiddenError};
use super::needs::Crates;
use super::notes::{self, Edition};
use super::parts::{self, Heading, Part, closes, opening};
use super::ship::{self, ShipError};
use super::{callouts, decision, glossary, map, takeaways, widget};
use crate::course::{Course, CourseError, Lesson, Slug};
use crate::decision::DecisionError;
use crate::quiz::{self, Quiz, QuizError};

/// The name that `book.toml` gives it.
pub const NAME: &str = "checker";

/// The preprocessor, for mdBook's driver.
#[derive(Debug)]
pub struct CoursePreprocessor {
    course: Course,
    edition: Edition,
}

impl CoursePreprocessor {
    /// For the chapters of `course`, in one of its editions.
    pub fn new(course: Course, edition: Edition) -> Self {
        Self { course, edition }
    }

    fn get(&self, wanted: Wanted, source: &Path) -> Result<String, Trouble> {
        Ok(match wanted {
            Wanted::Quiz(slug) => {
                let (slug, quiz) = self.quiz(slug)?;
                widget::render(&slug, &quiz)
            }
            Wanted::Exercise => self.exercise(source),
            Wanted::CourseMap => map::render(&self.course),
            Wanted::DecisionTree => {
                let path = self.course.decision_tree_path();
                let shown = path.strip_prefix(self.course.root()).unwrap_or(&path);
                let tree = crate::decision::load(&path, shown)?;
                decision::render(&tree, &self.course)
            }
            Wanted::Takeaways => takeaways::collect(&self.course),
            Wanted::Ship(slug) => ship::render(&self.course, &self.course.lesson(slug)?.slug)?,
            Wanted::Hidden(path, anchor) => {
                let folder = source.parent().unwrap_or(Path::new(""));
                hidden::lines(&self.course.root().join("src").join(folder), path, anchor)?
            }
        })
    }

    fn quiz(&self, slug: &str) -> Result<(Slug, Quiz), Trouble> {
        let lesson = self.course.lesson(slug)?;
        let path = self.course.quiz_path(&lesson.slug);
        let shown = path.strip_prefix(self.course.root()).unwrap_or(&path);
        let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Trouble::NoQuiz(shown.to_owned()),
            _ => Trouble::Unreadable(shown.to_owned(), error),
        })?;
        Ok((lesson.slug.clone(), quiz::parse(&text, shown)?))
    }

    fn lesson_in(&self, source: &Path) -> Option<&Lesson> {
        let mut lessons = self.course.lessons();
        lessons.find(|lesson| Path::new(&format!("{}.md", lesson.slug)) == source)
    }

    /// A lesson's chapter with links to the glossary; any other as it is.
    fn with_glossary(&self, content: &str, chapter: &Chapter, terms: &[glossary::Term]) -> String {
        let source = chapter.source_path.as_deref().unwrap_or(Path::new(""));
        match self.lesson_in(source) {
            Some(lesson) => glossary::link(content, lesson.slug.as_str(), terms),
            None => content.to_owned(),
        }
    }

    /// Links from a lesson's head to its exercise and its quiz, for readers who use the keyboard.
    fn skip_links(&self, chapter: &Chapter) -> String {
        let source = chapter.source_path.as_deref().unwrap_or(Path::new(""));
        let Some(Lesson { slug, .. }) = self.lesson_in(source) else {
            return String::new();
        };
        let exercise = parts::has(&chapter.content, Part::Exercise)
            .then(|| (Part::Exercise.id().to_owned(), "exercise"));
        let quiz = asks(&chapter.content, slug.as_str()).then(|| (format!("quiz-{slug}"), "quiz"));
        let links: Vec<_> = [exercise, quiz]
            .into_iter()
            .flatten()
            .map(|(id, name)| format!("<a href=\"#{id}\">Skip to the {name}</a>"))
            .collect();
        if links.is_empty() {
            return String::new();
        }
        let links = links.join("\n");
        format!("<nav class=\"skip\" aria-label=\"Skip\">\n{links}\n</nav>\n\n")
    }

    /// A box that the served page fills; nothing in a chapter that is no lesson.
    fn exercise(&self, source: &Path) -> String {
        self.lesson_in(source).map_or_else(String::new, |Lesson { slug, .. }| {
            format!(
                "<section class=\"exercise\" data-exercise=\"{slug}\" aria-label=\"Your exercise\">\n<p class=\"state\" role=\"status\"></p>\n<div></div>\n</section>\n"
            )
        })
    }

    /// The first part that the chapter of `lesson` does not have, but must.
    fn missing(&self, lesson: &Lesson, source_folder: &Path) -> Option<DirectiveError> {
        // Of the source: where one page is built by itself, the others are empty.
        let chapter = std::fs::read_to_string(self.course.chapter_path(&lesson.slug)).ok()?;
        let part = Part::needed(&self.course, lesson)
            .into_iter()
            .find(|part| !parts::has(&chapter, *part))
            .map(Trouble::NoPart);
        let quiz = || {
            let is_there = self.course.quiz_path(&lesson.slug).is_file();
            (is_there && !asks(&chapter, lesson.slug.as_str()))
                .then(|| Trouble::QuizNotAsked(lesson.slug.clone()))
        };
        Some(DirectiveError {
            path: source_folder.join(format!("{}.md", lesson.slug)),
            line: 1,
            trouble: part.or_else(quiz)?,
        })
    }

    fn chapter(&self, chapter: &Chapter, source_folder: &Path) -> Result<String, DirectiveError> {
        let source = chapter.source_path.as_deref().unwrap_or(Path::new(""));
        let at = |content: &str, line: usize, trouble: Trouble| {
            let path = source_folder.join(source);
            // Other files may have been included above the directive: the author's file has
            // another count of lines.
            let line = std::fs::read_to_string(self.course.root().join(&path))
                .ok()
                .and_then(|text| line_in_source(&text, content, line))
                .unwrap_or(line);
            DirectiveError {
                path,
                line,
                trouble,
            }
        };
        let explored = match self.lesson_in(source) {
            Some(lesson) => explore::expand(&chapter.content, &self.course, &lesson.slug)
                .map_err(|(line, error)| at(&chapter.content, line, error.into()))?,
            None => chapter.content.clone(),
        };
        let get = |wanted: Wanted| self.get(wanted, source);
        expand(&explored, get).map_err(|(line, trouble)| at(&explored, line, trouble))
    }
}

impl Preprocessor for CoursePreprocessor {
    // The trait's signature asks for a borrow of `self`'s lifetime.
    #[allow(clippy::unnecessary_literal_bound)]
    fn name(&self) -> &str {
        NAME
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> BookResult<Book> {
        let glossary = self.course.root().join("src/glossary.md");
        let terms = glossary::terms(&std::fs::read_to_string(glossary).unwrap_or_default());
        let read = |path: &str| {
            // A course whose listings use no crates needs neither.
            std::fs::read_to_string(self.course.root().join(path)).unwrap_or_default()
        };
        let crates = Crates::of(&read("Cargo.toml"), &read("Cargo.lock"));
        if self.edition == Edition::Trainers {
            notes::add(&self.course, &mut book)?;
        }
        let mut failed = None;
        book.for_each_mut(|item| {
            if let BookItem::Chapter(chapter) = item
                && failed.is_none()
            {
                match self.chapter(chapter, &context.config.book.src) {
                    Ok(expanded) => {
                        let linked = self.with_glossary(&expanded, chapter, &terms);
                        let skip = self.skip_links(chapter);
                        chapter.content = skip + &crates.shown(&callouts::set_apart(&linked));
                    }
                    Err(error) => failed = Some(error),
                }
            }
        });
        let failed = failed.or_else(|| {
            let mut lessons = self.course.lessons();
            lessons.find_map(|lesson| self.missing(lesson, &context.config.book.src))
        });
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(book),
        }
    }
}

/// A directive that cannot be carried out: where, why, and what to do.
#[derive(Debug, Error)]
#[error("{}:{line}: {trouble}", .path.display())]
pub struct DirectiveError {
    /// The chapter's file, from the course's root.
    path: PathBuf,
    /// Counted from 1.
    line: usize,
    trouble: Trouble,
}

/// What can be wrong with a directive.
#[derive(Debug, Error)]
enum Trouble {
    #[error("write `{{{{#{0} worker_pool}}}}`, alone on its line")]
    Malformed(&'static str),
    #[error("write `{{{{#{0}}}}}`, alone on its line")]
    NotAlone(&'static str),
    #[error(transparent)]
    Unknown(#[from] CourseError),
    #[error("{} does not exist; write it, or take the directive out", .0.display())]
    NoQuiz(PathBuf),
    #[error(
        "this lesson has no heading with the id `{id}`; write `## {name}`, or in another language \
         `## … {{ #{id} }}`",
        id = .0.id(), name = .0.name()
    )]
    NoPart(Part),
    #[error("this lesson does not ask its quiz; write `{{{{#quiz {0}}}}}`, alone on its line")]
    QuizNotAsked(Slug),
    #[error("{} cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, std::io::Error),
    #[error(transparent)]
    BadQuiz(#[from] QuizError),
    #[error(transparent)]
    BadTree(#[from] DecisionError),
    #[error(transparent)]
    BadHidden(#[from] HiddenError),
    #[error(transparent)]
    BadShip(#[from] ShipError),
    #[error(transparent)]
    BadExplore(#[from] ExploreError),
}

/// What a chapter asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted<'a> {
    /// The quiz of this lesson, in the directive's place.
    Quiz(&'a str),
    /// The state of the lesson's exercise, below its heading.
    Exercise,
    /// All lessons.
    CourseMap,
    /// The questions that lead to a pattern.
    DecisionTree,
    /// The takeaways of all lessons.
    Takeaways,
    /// The program of this lesson that a reader can take to work.
    Ship(&'a str),
    /// Lines of a file, between anchors, that a fence needs and does not show.
    Hidden(&'a str, &'a str),
}

/// Directives that stand for themselves.
const PLAIN: [(&str, Wanted<'static>); 3] = [
    ("course-map", Wanted::CourseMap),
    ("decision-tree", Wanted::DecisionTree),
    ("takeaways", Wanted::Takeaways),
];

impl<'a> Wanted<'a> {
    /// What a line asks for, if it is not one of plain text.
    fn of(line: &'a str) -> Result<Option<Self>, Trouble> {
        if Heading::of(line).is_some_and(|heading| heading.begins(Part::Exercise)) {
            return Ok(Some(Self::Exercise));
        }
        for (name, wanted) in PLAIN {
            if line.contains(&format!("{{{{#{name}")) {
                let alone = line == format!("{{{{#{name}}}}}");
                return alone.then_some(Some(wanted)).ok_or(Trouble::NotAlone(name));
            }
        }
        for (name, wanted) in [
            ("quiz", Self::Quiz as fn(&'a str) -> Self),
            ("ship", Self::Ship),
        ] {
            if line.contains(&format!("{{{{#{name}")) {
                let slug = slug_of(line, name).ok_or(Trouble::Malformed(name))?;
                return Ok(Some(wanted(slug)));
            }
        }
        Ok(None)
    }
}

/// `content` with what its directives ask for in their place; else the line, from 1, and what is
/// wrong. Fenced code is left as it is, but for the lines that it hides.
fn expand(
    content: &str,
    get: impl Fn(Wanted) -> Result<String, Trouble>,
) -> Result<String, (usize, Trouble)> {
    let mut out = String::with_capacity(content.len());
    let mut fence: Option<&str> = None;
    for (index, line) in content.split_inclusive('\n').enumerate() {
        let text = line.trim();
        match fence {
            Some(mark) => {
                if closes(text, mark) {
                    fence = None;
                }
            }
            None => fence = opening(text),
        }
        let at = |trouble| (index + 1, trouble);
        if let Some((path, anchor)) = hidden::wanted(text)
            && fence.is_some()
        {
            out.push_str(&get(Wanted::Hidden(path, anchor)).map_err(at)?);
            continue;
        }
        let wanted = match fence {
            Some(_) => None,
            None => Wanted::of(text).map_err(at)?,
        };
        if wanted.is_none() || wanted == Some(Wanted::Exercise) {
            out.push_str(line);
        }
        if let Some(wanted) = wanted {
            // An HTML block needs a blank line before it, and one to end it.
            out.push('\n');
            out.push_str(&get(wanted).map_err(at)?);
            out.push('\n');
        }
    }
    Ok(out)
}

/// Whether the quiz of lesson `slug` has its place in `chapter`.
fn asks(chapter: &str, slug: &str) -> bool {
    chapter
        .lines()
        .any(|line| slug_of(line.trim(), "quiz") == Some(slug))
}

/// The slug in `{{#<name> <slug>}}`.
fn slug_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let inner = text
        .strip_prefix("{{#")?
        .strip_prefix(name)?
        .strip_suffix("}}")?;
    let slug = inner.trim();
    let fits = inner.starts_with(char::is_whitespace)
        && !slug.is_empty()
        && !slug.contains(|c: char| c.is_whitespace() || c == '{' || c == '}');
    fits.then_some(slug)
}

/// The line in the author's `source` of the directive on line `line` of `content`, into which other
/// files were included: the same text, at the same turn if it stands there more than once.
fn line_in_source(source: &str, content: &str, line: usize) -> Option<usize> {
    let directive = content.lines().nth(line - 1)?;
    let turn = content
        .lines()
        .take(line - 1)
        .filter(|other| *other == directive)
        .count();
    source
        .lines()
        .enumerate()
        .filter(|(_, other)| *other == directive)
        .nth(turn)
        .map(|(index, _)| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    // What `expand` asks may fail; this cannot.
    #[allow(clippy::unnecessary_wraps)]
    fn named(wanted: Wanted) -> Result<String, Trouble> {
        Ok(format!("<{wanted:?}>\n"))
    }

    #[test]
    fn the_quiz_stands_where_the_directive_stood() {
        let page = expand("Above.\n{{#quiz a_b}}\nBelow.", named).expect("expands");
        assert_eq!(page, "Above.\n\n<Quiz(\"a_b\")>\n\nBelow.");
    }

    #[test]
    fn the_exercises_state_stands_below_its_heading() {
        let page = expand("## Exercise\n\nText.\n", named).expect("expands");
        assert_eq!(page, "## Exercise\n\n<Exercise>\n\n\nText.\n");
        let other = "## Exercises\n";
        assert_eq!(expand(other, named).expect("nothing to do"), other);
    }

    #[test]
    fn a_directive_without_a_name_stands_alone_on_its_line() {
        let page = expand("{{#course-map}}\n", named).expect("expands");
        assert_eq!(page, "\n<CourseMap>\n\n");
        for text in ["See {{#takeaways}}", "{{#takeaways all}}", "{{#takeaways}"] {
            let (line, trouble) = expand(text, named).unwrap_err();
            assert_eq!(line, 1);
            assert_eq!(
                trouble.to_string(),
                "write `{{#takeaways}}`, alone on its line"
            );
        }
    }

    #[test]
    fn a_malformed_directive_is_refused_with_its_line() {
        for text in [
            "{{#quiz}}",
            "{{#quiz a b}}",
            "See {{#quiz a}}",
            "{{#quiz a}",
            "{{#quizz a}}",
        ] {
            let (line, trouble) = expand(&format!("a\n\n{text}\n"), named).unwrap_err();
            assert_eq!(line, 3, "{text}");
            assert!(
                matches!(trouble, Trouble::Malformed("quiz")),
                "{text}: {trouble}"
            );
        }
    }

    #[test]
    fn fenced_code_is_left_alone() {
        let text = "````md\n{{#quiz a}}\n```\n{{#quiz}}\n````\nend\n";
        assert_eq!(expand(text, named).expect("nothing to do"), text);
        let reopened = format!("{text}{{{{#quiz}}}}\n");
        assert_eq!(expand(&reopened, named).unwrap_err().0, 7);
    }

    #[test]
    fn an_error_names_the_authors_line_not_the_expanded_one() {
        let source = "{{#include x}}\n{{#quiz a}}\n{{#quiz a}}\n";
        let content = "one\ntwo\nthree\n{{#quiz a}}\n{{#quiz a}}\n";
        assert_eq!(line_in_source(source, content, 4), Some(2));
        assert_eq!(line_in_source(source, content, 5), Some(3));
        assert_eq!(line_in_source("nothing", content, 4), None);
    }
}
