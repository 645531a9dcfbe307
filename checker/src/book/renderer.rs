//! mdBook's renderer of pages, which a link to nowhere among the sources does not stop.
//!
//! Editors mark a file that has unsaved changes with such a link (`.#channels.md`). mdBook copies what
//! lies beside the chapters, and fails at the first that it cannot follow.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use mdbook_html::HtmlHandlebars;
use mdbook_preprocessor::errors::Result;
use mdbook_renderer::{RenderContext, Renderer};

/// Renders pages.
#[derive(Debug)]
pub(super) struct Html;

impl Renderer for Html {
    // The trait's signature asks for a borrow of `self`'s lifetime.
    #[allow(clippy::unnecessary_literal_bound)]
    fn name(&self) -> &str {
        "html"
    }

    fn render(&self, context: &RenderContext) -> Result<()> {
        let sources = context.root.join(&context.config.book.src);
        if !has_link_to_nowhere(&sources)? {
            return HtmlHandlebars::new().render(context);
        }
        let there = tempfile::tempdir()?;
        copy_what_is_there(&sources, there.path(), &context.destination)?;
        let mut context = context.clone();
        there.path().clone_into(&mut context.config.book.src);
        HtmlHandlebars::new().render(&context)
    }
}

fn has_link_to_nowhere(folder: &Path) -> std::io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
            Ok(found) if found.is_dir() && has_link_to_nowhere(&path)? => return Ok(true),
            _ => {}
        }
    }
    Ok(false)
}

/// Copies `from` to the folder `to`, which is there, but for links to nowhere and the folder `built`.
fn copy_what_is_there(from: &Path, to: &Path, built: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
            Ok(found) if found.is_dir() && path != built => {
                fs::create_dir(&copy)?;
                copy_what_is_there(&path, &copy, built)?;
            }
            Ok(found) if found.is_file() => {
                fs::copy(&path, &copy)?;
            }
            Ok(_) => {}
        }
    }
    Ok(())
}
