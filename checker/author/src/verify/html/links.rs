//! Whether what a page links to is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::page::{Flaw, Page, is_external};

/// A link within the book, taken apart.
struct Target {
    /// Relative to the book's root.
    file: PathBuf,
    fragment: Option<String>,
}

/// The links and assets of `page` that lead nowhere.
pub(super) fn broken(
    file: &Path,
    page: &Page,
    pages: &BTreeMap<PathBuf, Page>,
    files: &BTreeSet<PathBuf>,
) -> Vec<Flaw> {
    // A server sends this page for any path, so its links start at the root, where nobody looks.
    if file == Path::new("404.html") {
        return Vec::new();
    }
    let mut flaws = Vec::new();
    for url in page.links.union(&page.assets) {
        let Some(target) = target(file, url) else {
            continue;
        };
        let hint = url.replace(".html", ".md");
        if !files.contains(&target.file) {
            flaws.push((format!("links to {url}, which is not there"), hint));
        } else if let Some(fragment) = target.fragment
            && let Some(linked) = pages.get(&target.file)
            && !linked.ids.contains(&fragment)
        {
            let name = target.file.display();
            flaws.push((
                format!("links to {url}, but {name} has no id `{fragment}`"),
                hint,
            ));
        }
    }
    flaws
}

/// `None` for what lies outside the book: other hosts, mail, data.
fn target(from: &Path, url: &str) -> Option<Target> {
    let scheme = url
        .split(['/', '#', '?'])
        .next()
        .is_some_and(|start| start.contains(':'));
    if is_external(url) || scheme {
        return None;
    }
    let (url, fragment) = match url.split_once('#') {
        Some((url, fragment)) => (url, Some(fragment)),
        None => (url, None),
    };
    let path = url.split('?').next().unwrap_or_default();
    let mut file = PathBuf::new();
    if path.is_empty() {
        file.push(from);
    } else {
        let folder = from.parent().unwrap_or(Path::new(""));
        for part in folder.join(decoded(path)).components() {
            match part {
                std::path::Component::ParentDir => {
                    file.pop();
                }
                std::path::Component::Normal(part) => file.push(part),
                _ => {}
            }
        }
        if path.ends_with('/') || file.as_os_str().is_empty() {
            file.push("index.html");
        }
    }
    // The empty fragment is the top of the page, and is always there.
    let fragment = fragment
        .filter(|fragment| !fragment.is_empty())
        .map(decoded);
    Some(Target { file, fragment })
}

/// The text with `%20` and its like resolved.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let escaped = rest.strip_prefix('%').and_then(|rest| rest.get(..2));
        if let Some(byte) = escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &rest[3..];
        } else {
            let length = first.len_utf8();
            bytes.extend_from_slice(&rest.as_bytes()[..length]);
            rest = &rest[length..];
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken_links(links: &[&str]) -> Vec<String> {
        let page = |ids: &[&str]| Page {
            ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            ..Page::default()
        };
        let from = Page {
            links: links.iter().map(|link| (*link).to_owned()).collect(),
            ..page(&["top"])
        };
        let pages = BTreeMap::from([
            (PathBuf::from("a.html"), from.clone()),
            (PathBuf::from("deep/b.html"), page(&["früh"])),
        ]);
        let mut files: BTreeSet<_> = pages.keys().cloned().collect();
        files.insert("index.html".into());
        files.insert("p q.svg".into());
        let flaws = broken(Path::new("a.html"), &from, &pages, &files);
        flaws.into_iter().map(|(what, _)| what).collect()
    }

    #[test]
    fn what_is_there_is_found() {
        let good = [
            "#top",
            "#",
            "a.html?x#top",
            "deep/b.html#fr%C3%BCh",
            "deep/../a.html",
            "./",
            "p%20q.svg",
            "https://example.org/none",
            "mailto:a@b.example",
            "data:image/png;base64,",
        ];
        assert!(broken_links(&good).is_empty(), "{:?}", broken_links(&good));
    }

    #[test]
    fn what_is_not_there_is_said() {
        assert_eq!(
            broken_links(&["#none", "c.html", "deep/b.html#top"]),
            [
                "links to #none, but a.html has no id `none`",
                "links to c.html, which is not there",
                "links to deep/b.html#top, but deep/b.html has no id `top`",
            ]
        );
    }
}
