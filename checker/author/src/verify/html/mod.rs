//! The built pages, read as a browser would read them.

mod links;
mod page;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use checker::book::Edition;
use checker::course::{Course, Finding};

use super::Report;
use page::Page;

pub(super) fn check(course: &Course) -> Result<Report> {
    let out = tempfile::tempdir()?;
    build(course, out.path())?;
    let files = files(out.path())?;
    let mut pages = BTreeMap::new();
    let mut findings = Vec::new();
    for file in &files {
        let extension = file.extension().unwrap_or_default();
        // The page for printing repeats the chapters, and would repeat what is found in them.
        if extension == "html" && file != Path::new("print.html") {
            let text = fs::read_to_string(out.path().join(file))
                .with_context(|| format!("{} cannot be read", file.display()))?;
            pages.insert(file.clone(), Page::read(&text));
        } else if extension == "css" {
            let text = fs::read_to_string(out.path().join(file))?;
            let urls = page::external_urls_of_css(&text);
            findings.extend(urls.into_iter().map(|url| {
                let what = format!("fetches {url}; a page needs no other host, so bundle it");
                Finding::of_file(built(file), what)
            }));
        }
    }
    let sources = sources(course);
    for (file, page) in &pages {
        let broken = links::broken(file, page, &pages, &files);
        for (what, hint) in page.flaws.iter().cloned().chain(broken) {
            findings.push(locate(file, &sources, what, &hint));
        }
    }
    findings.sort();
    findings.dedup();
    Ok(Report::on(pages.len(), "page", findings))
}

fn build(course: &Course, out: &Path) -> Result<()> {
    match checker::book::build(course, Edition::Trainers, out) {
        // What the build leaves over, `leftovers` finds, with its place.
        Err(error) if !error.is::<checker::book::Leftover>() => Err(error),
        _ => Ok(()),
    }
}

/// All files below `folder`, relative to it.
fn files(folder: &Path) -> Result<std::collections::BTreeSet<PathBuf>> {
    fn walk(
        root: &Path,
        folder: &Path,
        files: &mut std::collections::BTreeSet<PathBuf>,
    ) -> Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                walk(root, &path, files)?;
            } else {
                files.insert(path.strip_prefix(root)?.to_owned());
            }
        }
        Ok(())
    }
    let mut files = std::collections::BTreeSet::new();
    walk(folder, folder, &mut files)?;
    Ok(files)
}

/// The chapters' texts, by the page that each becomes.
fn sources(course: &Course) -> BTreeMap<PathBuf, (PathBuf, String)> {
    let sources = course.chapters().iter().filter_map(|chapter| {
        let source = chapter.source();
        let path = Path::new("src").join(&source);
        let text = fs::read_to_string(course.root().join(&path)).ok()?;
        Some((source.with_extension("html"), (path, text)))
    });
    sources.collect()
}

/// Where in the chapter a flaw of its page was written: the first line that has `hint` in it.
fn locate(
    page: &Path,
    sources: &BTreeMap<PathBuf, (PathBuf, String)>,
    what: String,
    hint: &str,
) -> Finding {
    let Some((path, text)) = sources.get(page) else {
        return Finding::of_file(built(page), what);
    };
    let line = text
        .lines()
        .position(|line| !hint.is_empty() && line.contains(hint));
    Finding {
        line: line.map(|index| index + 1),
        ..Finding::of_file(path, what)
    }
}

/// How a file of the built book is called in a finding.
fn built(file: &Path) -> PathBuf {
    Path::new("book").join(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flaw_is_located_in_its_chapter() {
        let source = ("src/a.md".into(), "# A\n\n[b](b.md#c)\n".to_owned());
        let sources = BTreeMap::from([(PathBuf::from("a.html"), source)]);
        let at = |page: &str, hint| locate(Path::new(page), &sources, "x".into(), hint).to_string();
        assert_eq!(at("a.html", "b.md#c"), "src/a.md:3: x");
        assert_eq!(at("a.html", "nowhere"), "src/a.md: x");
        assert_eq!(at("toc.html", "b.md#c"), "book/toc.html: x");
    }
}
