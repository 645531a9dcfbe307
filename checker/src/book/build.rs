//! Builds the book with the mdBook that the checker carries along.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;
use mdbook_driver::config::Config;
use thiserror::Error;

use super::notes::Edition;
use super::preprocessor::{CoursePreprocessor, NAME};
use super::renderer::Html;
use super::script::ship;
use super::search;
use crate::course::Course;

/// A book that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Where its pages lie.
    pub folder: PathBuf,
    /// How many chapters it has.
    pub chapters: usize,
}

/// A directive that is still in a built page: what it asked for was not done.
#[derive(Debug, Error)]
#[error(
    "{}: `{directive}` was left in the page. If it is an include, its file does not exist; \
     else mdBook knows no such directive.",
    .page.display()
)]
pub struct Leftover {
    /// Relative to the book's folder.
    page: PathBuf,
    directive: String,
}

/// The folder that `book.toml` names for the built book.
///
/// # Errors
/// If `book.toml` cannot be read.
pub fn folder(course: &Course) -> Result<PathBuf> {
    Ok(course.root().join(config(course)?.build.build_dir))
}

/// Builds the book of `course` into `out`, whose content is replaced.
///
/// # Errors
/// If `book.toml`, a chapter, a quiz or a directive is not in order.
pub fn build(course: &Course, edition: Edition, out: &Path) -> Result<Built> {
    render(course, &load(course, edition, out)?)?;
    Ok(Built {
        folder: out.to_owned(),
        chapters: course.chapters().len(),
    })
}

/// How much of a book is built for the server.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    /// All of it.
    Whole,
    /// Of all chapters only this has its text; its path is relative to the book's `src`. Takes an
    /// eighth of the time, and the page is the same.
    Page(&'a Path),
}

/// Builds `part` of the book of `course` into `out` for the server, which lets nothing be cached:
/// names without hashes let a page of one build stand among the files of another.
pub(super) fn build_to_serve(
    course: &Course,
    edition: Edition,
    part: Part,
    out: &Path,
) -> Result<()> {
    let mut book = load(course, edition, out)?;
    book.config.set("output.html.hash-files", false)?;
    // The server has no path above the book, wherever else it is published.
    book.config.set("output.html.site-url", "/")?;
    if let Part::Page(wanted) = part {
        book.book.for_each_mut(|item| {
            if let BookItem::Chapter(chapter) = item
                && chapter.source_path.as_deref() != Some(wanted)
            {
                chapter.content.clear();
            }
        });
    }
    render(course, &book)
}

fn load(course: &Course, edition: Edition, out: &Path) -> Result<MDBook> {
    let mut config = config(course)?;
    out.clone_into(&mut config.build.build_dir);
    // A build reads the sources; it must not invent one because of a typo in `SUMMARY.md`.
    config.build.create_missing = false;
    // Ours runs inside; as a command it would start a second cargo.
    let mut others = config.preprocessors::<toml::Value>()?;
    others.remove(NAME);
    config.set("preprocessor", others)?;

    let mut book = MDBook::load_with_config(course.root(), config)?;
    book.with_preprocessor(CoursePreprocessor::new(course.clone(), edition));
    book.with_renderer(Html);
    Ok(book)
}

fn render(course: &Course, book: &MDBook) -> Result<()> {
    book.build()?;
    let out = course.root().join(&book.config.build.build_dir);
    let html = book.config.html_config().unwrap_or_default();
    for file in [html.additional_js, html.additional_css].concat() {
        ship(&file, &out).with_context(|| format!("{} cannot be shipped", file.display()))?;
    }
    search::lighten(&out)?;
    check(&out)
}

fn config(course: &Course) -> Result<Config> {
    let path = course.root().join("book.toml");
    let mut config =
        Config::from_disk(&path).with_context(|| format!("{} is not in order", path.display()))?;
    config.update_from_env()?;
    Ok(config)
}

/// mdBook logs a missing include and goes on with the raw directive in the page.
fn check(folder: &Path) -> Result<()> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            check(&path)?;
        } else if is_chapter(&path)
            && let Some(directive) = leftover(&std::fs::read_to_string(&path)?)
        {
            return Err(Leftover {
                page: path.file_name().unwrap_or_default().into(),
                directive: directive.to_owned(),
            }
            .into());
        }
    }
    Ok(())
}

/// Whether it is a page, but not one that repeats others: they are named with their own errors.
fn is_chapter(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "html")
        && !path.ends_with("print.html")
        && !path.ends_with("index.html")
}

fn leftover(html: &str) -> Option<&str> {
    let start = html.find("{{#")?;
    let rest = &html[start..];
    let end = rest
        .find("}}")
        .map(|end| end + 2)
        .or_else(|| rest.find('\n'))
        .unwrap_or(rest.len());
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leftover_directive_is_found_and_quoted() {
        assert_eq!(leftover("<p>a</p>"), None);
        assert_eq!(
            leftover("<p>{{#include ../no.rs}} and more</p>"),
            Some("{{#include ../no.rs}}")
        );
        assert_eq!(leftover("{{#include x\nmore"), Some("{{#include x"));
    }
}
