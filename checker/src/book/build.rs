//! Builds the book with the mdBook that the checker carries along.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;
use thiserror::Error;

use super::preprocessor::{CoursePreprocessor, NAME};
use super::script::ship;
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
pub fn build(course: &Course, out: &Path) -> Result<Built> {
    let mut config = config(course)?;
    out.clone_into(&mut config.build.build_dir);
    // A build reads the sources; it must not invent one because of a typo in `SUMMARY.md`.
    config.build.create_missing = false;
    // Ours runs inside; as a command it would start a second cargo.
    let mut others = config.preprocessors::<toml::Value>()?;
    others.remove(NAME);
    config.set("preprocessor", others)?;

    let html = config.html_config().unwrap_or_default();
    let own = [html.additional_js, html.additional_css].concat();
    let mut book = MDBook::load_with_config(course.root(), config)?;
    book.with_preprocessor(CoursePreprocessor::new(course.clone()));
    book.build()?;
    for file in &own {
        ship(file, out).with_context(|| format!("{} cannot be shipped", file.display()))?;
    }

    let chapters = course.chapters().len();
    check(out)?;
    Ok(Built {
        folder: out.to_owned(),
        chapters,
    })
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
