//! A built book in memory, as the server hands it out.
//!
//! Paths are looked up, never opened: what was not built cannot be asked for, and a build that
//! fails leaves the last good pages in place.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::csp::{Framing, policy};

/// All files of a built book by URL path.
#[derive(Debug, Default, Clone)]
pub struct Site {
    files: HashMap<String, File>,
    /// Of all that every page loads.
    assets: [u8; 32],
}

/// One file.
#[derive(Debug, Clone)]
pub struct File {
    /// Its MIME type.
    pub content_type: &'static str,
    /// As built.
    pub bytes: Vec<u8>,
    /// The page's content security policy, if it is a page.
    pub page: Option<PagePolicy>,
}

/// What a page's headers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagePolicy {
    /// `Content-Security-Policy`
    pub content_security: String,
    /// `X-Frame-Options`
    pub frame_options: &'static str,
}

impl Site {
    /// Reads a built book.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn load(folder: &Path) -> Result<Self> {
        let mut site = Self::default();
        site.add(folder, "/")?;
        site.assets = site.digest_of_assets();
        Ok(site)
    }

    /// Puts the pages of a later build in the place of the old ones.
    pub fn replace(&mut self, pages: Pages) {
        self.files.extend(pages.0);
    }

    /// What a reader of the page at this path sees, in a few letters: another page, script or stylesheet
    /// has others.
    pub fn version(&self, path: &str) -> String {
        let mut digest = Sha256::new_with_prefix(self.assets);
        if let Some(file) = self.get(path) {
            digest.update(&file.bytes);
        }
        let digest = digest.finalize();
        format!(
            "{:02x}{:02x}{:02x}{:02x}",
            digest[0], digest[1], digest[2], digest[3]
        )
    }

    fn digest_of_assets(&self) -> [u8; 32] {
        let is_asset = |file: &File| matches!(file.content_type, CSS | SCRIPT);
        // The index of all texts: no reason to load a page again.
        let is_index = |url: &str| url.starts_with("/searchindex");
        let mut assets: Vec<_> = self.files.iter().collect();
        assets.retain(|(url, file)| is_asset(file) && !is_index(url));
        assets.sort_by_key(|(url, _)| *url);
        let mut digest = Sha256::new();
        for (url, file) in assets {
            digest.update(url);
            digest.update(&file.bytes);
        }
        digest.finalize().into()
    }

    /// The file at a URL's path, spelt exactly as built; `/` at the end stands for `index.html`.
    pub fn get(&self, path: &str) -> Option<&File> {
        if path.ends_with('/') {
            return self.files.get(&format!("{path}index.html"));
        }
        self.files.get(path)
    }

    fn add(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let read = || format!("{} cannot be read", folder.display());
        for entry in std::fs::read_dir(folder).with_context(read)? {
            let path = entry.with_context(read)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if path.is_dir() {
                self.add(&path, &format!("{prefix}{name}/"))?;
                continue;
            }
            let url = format!("{prefix}{name}");
            let file = File::read(&path, &url)?;
            self.files.insert(url, file);
        }
        Ok(())
    }
}

/// Some pages of a book that was built for their sake.
#[derive(Debug)]
pub struct Pages(Vec<(String, File)>);

impl Pages {
    /// Reads the pages at `urls` of the book in `folder`.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(super) fn load(folder: &Path, urls: Vec<String>) -> Result<Self> {
        let read = |url: String| {
            let file = File::read(&folder.join(&url[1..]), &url)?;
            Ok((url, file))
        };
        urls.into_iter().map(read).collect::<Result<_>>().map(Self)
    }
}

impl File {
    fn read(path: &Path, url: &str) -> Result<Self> {
        let bytes =
            std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Ok(Self::new(url, bytes))
    }

    fn new(url: &str, bytes: Vec<u8>) -> Self {
        let content_type = content_type(url);
        let page = content_type.starts_with("text/html").then(|| {
            let html = String::from_utf8_lossy(&bytes);
            let (framing, frame_options) = if url == "/toc.html" {
                (Framing::ByTheBook, "SAMEORIGIN")
            } else {
                (Framing::Never, "DENY")
            };
            PagePolicy {
                content_security: policy(&html, framing),
                frame_options,
            }
        });
        Self {
            content_type,
            bytes,
            page,
        }
    }
}

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

fn content_type(url: &str) -> &'static str {
    match url.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "css" => CSS,
        "js" => SCRIPT,
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("deep")).expect("writable");
        for name in ["index.html", "toc.html", "deep/a.css"] {
            std::fs::write(folder.path().join(name), name).expect("writable");
        }
        Site::load(folder.path()).expect("readable")
    }

    #[test]
    fn only_the_canonical_path_finds_a_file() {
        let site = site();
        for found in ["/", "/index.html", "/deep/a.css"] {
            assert!(site.get(found).is_some(), "{found}");
        }
        for none in [
            "",
            "//",
            "/deep",
            "/deep//a.css",
            "/deep/../index.html",
            "/./index.html",
            "/%69ndex.html",
            "/../Cargo.toml",
            "/deep\\a.css",
        ] {
            assert!(site.get(none).is_none(), "{none}");
        }
    }

    #[test]
    fn a_page_has_another_version_when_it_or_a_style_changes_but_not_for_the_index_of_texts() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let version = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("writable");
            let site = Site::load(folder.path()).expect("readable");
            site.version("/index.html")
        };
        let first = version("index.html", "a");
        assert_eq!(version("other.html", "b"), first);
        assert_eq!(version("searchindex.js", "b"), first);
        let styled = version("course.css", "a {}");
        assert_ne!(styled, first);
        assert_ne!(version("index.html", "b"), styled);
    }

    #[test]
    fn only_the_table_of_contents_may_be_framed_and_only_by_the_book() {
        let site = site();
        let options = |path| {
            let page = site.get(path).and_then(|file| file.page.as_ref());
            page.expect("a page").frame_options
        };
        assert_eq!(options("/index.html"), "DENY");
        assert_eq!(options("/toc.html"), "SAMEORIGIN");
        assert!(site.get("/deep/a.css").expect("built").page.is_none());
    }
}
