//! Which files a book is made of.

use anyhow::Result;
use mdbook_driver::config::Config;

use crate::course::Course;
use crate::files::Watched;

/// What the book of `course` is made of, as `book.toml` has it.
///
/// # Errors
/// If `book.toml` cannot be read.
pub(super) fn of_book(course: &Course) -> Result<Watched> {
    let root = course.root();
    let config = Config::from_disk(root.join("book.toml"))?;
    let html = config.html_config().unwrap_or_default();
    let mut paths = vec![
        root.join("book.toml"),
        root.join(&config.book.src),
        course.curriculum_path(),
    ];
    paths.push(html.theme_dir(root));
    for listed in [
        &config.build.extra_watch_dirs,
        &html.additional_css,
        &html.additional_js,
    ] {
        paths.extend(listed.iter().map(|path| root.join(path)));
    }
    Ok(Watched::new(paths))
}
