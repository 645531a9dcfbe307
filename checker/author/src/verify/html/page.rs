//! One page: what it links to, what can be linked to on it, what is wrong with it by itself.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use scraper::{ElementRef, Html, Selector};

/// What is wrong, and a text that stands in the chapter near where it was written (or nothing).
pub(super) type Flaw = (String, String);

/// A page as far as the checks need it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// What a fragment can name.
    pub ids: BTreeSet<String>,
    /// `href`s of links in the text and the sidebar.
    pub links: BTreeSet<String>,
    /// Files that the browser fetches to show the page.
    pub assets: BTreeSet<String>,
    /// What is wrong whatever the other pages hold.
    pub flaws: Vec<Flaw>,
}

macro_rules! selector {
    ($name:ident, $css:literal) => {
        static $name: LazyLock<Selector> =
            LazyLock::new(|| Selector::parse($css).expect("the selector is a literal"));
    };
}

selector!(WITH_ID, "[id]");
selector!(NAMED, "a[name]");
selector!(LINKS, "a[href], area[href]");
selector!(
    SOURCES,
    "script[src], img[src], source[src], video[src], audio[src], iframe[src], embed[src], input[src]"
);
selector!(LINKED, "link[href]");
selector!(IMAGES, "img:not([alt])");
selector!(CODE, "pre > code");
selector!(PICTURES, "main svg");
selector!(TITLE, "title");
selector!(DESCRIPTION, "desc");

impl Page {
    /// Reads a page's HTML.
    pub fn read(html: &str) -> Self {
        let document = Html::parse_document(html);
        let mut page = Self {
            links: attributes(&document, &LINKS, "href"),
            assets: attributes(&document, &SOURCES, "src"),
            ..Self::default()
        };
        for link in document.select(&LINKED).filter(|link| is_fetched(*link)) {
            page.assets.extend(link.attr("href").map(str::to_owned));
        }
        page.ids(&document);
        page.leftovers(&document);
        page.pictures(&document);
        let external = page.assets.iter().filter(|url| is_external(url));
        page.flaws.extend(external.map(|url| {
            (
                format!("fetches {url}; a page needs no other host, so bundle it"),
                url.clone(),
            )
        }));
        page
    }

    fn ids(&mut self, document: &Html) {
        for element in document.select(&WITH_ID) {
            let id = element.attr("id").unwrap_or_default();
            if !self.ids.insert(id.to_owned()) {
                let what = format!("the id `{id}` stands twice on the page; rename one of the two");
                self.flaws.push((what, id.to_owned()));
            }
        }
        self.ids.extend(attributes(document, &NAMED, "name"));
    }

    fn leftovers(&mut self, document: &Html) {
        let text: String = document.root_element().text().collect();
        for (index, _) in text.match_indices("{{#") {
            let directive: String = text[index..]
                .chars()
                .take_while(|c| *c != '\n')
                .take(80)
                .collect();
            let end = directive.find("}}").map_or(directive.len(), |end| end + 2);
            let directive = &directive[..end];
            let what = format!("`{directive}` was not expanded; is its file there?");
            self.flaws.push((what, directive.to_owned()));
        }
        for code in document.select(&CODE) {
            if code.text().all(|text| text.trim().is_empty()) {
                let what = "has an empty code block; does the include's anchor exist?";
                self.flaws.push((what.to_owned(), String::new()));
            }
            let text: String = code.text().collect();
            if let Some(line) = text.lines().find(|line| is_fence(line)) {
                let what = format!(
                    "has `{}` inside a code block: the fence before it never ended. An include of \
                     several lines cannot be indented, so it cannot stand in a list",
                    line.trim()
                );
                self.flaws.push((what, line.trim().to_owned()));
            }
        }
    }

    fn pictures(&mut self, document: &Html) {
        for image in document.select(&IMAGES) {
            let source = image.attr("src").unwrap_or_default();
            let what = format!("the image {source} has no `alt`; say in words what it shows");
            self.flaws.push((what, source.to_owned()));
        }
        for picture in document.select(&PICTURES) {
            if is_decoration(picture) {
                continue;
            }
            for (selector, name) in [(&TITLE, "title"), (&DESCRIPTION, "desc")] {
                let mut words = picture.select(selector).flat_map(|element| element.text());
                if words.all(|text| text.trim().is_empty()) {
                    let what =
                        format!("has an SVG without `<{name}>`; say in words what it proves");
                    self.flaws.push((what, "<svg".to_owned()));
                }
            }
        }
    }
}

/// Whether a line of code would open or close a block of code in a chapter.
fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}

fn attributes(document: &Html, selector: &Selector, name: &str) -> BTreeSet<String> {
    let found = document
        .select(selector)
        .filter_map(|element| element.attr(name));
    found.map(str::to_owned).collect()
}

/// Whether the browser fetches what a `<link>` names, unlike `rel="canonical"`.
fn is_fetched(link: ElementRef) -> bool {
    const FETCHED: [&str; 7] = [
        "stylesheet",
        "icon",
        "preload",
        "modulepreload",
        "prefetch",
        "manifest",
        "mask-icon",
    ];
    let mut rel = link.attr("rel").unwrap_or_default().split_whitespace();
    rel.any(|rel| FETCHED.contains(&rel))
}

/// Whether a picture is an icon: hidden from screen readers, or mdBook's own beside a word.
fn is_decoration(picture: ElementRef) -> bool {
    const ICONS: [&str; 2] = ["fa-svg", "blockquote-tag-title"];
    let hides = |element: ElementRef| element.attr("aria-hidden") == Some("true");
    let holds_icons = |element: ElementRef| {
        element
            .value()
            .classes()
            .any(|class| ICONS.contains(&class))
    };
    std::iter::once(picture)
        .chain(picture.ancestors().filter_map(ElementRef::wrap))
        .any(|element| hides(element) || holds_icons(element))
}

/// Whether a URL names another host.
pub(super) fn is_external(url: &str) -> bool {
    let url = url.trim_start().to_lowercase();
    url.starts_with("//") || url.starts_with("http:") || url.starts_with("https:")
}

/// What a stylesheet fetches from other hosts.
pub(super) fn external_urls_of_css(css: &str) -> Vec<String> {
    let urls = css.split("url(").skip(1);
    let imports = css.split("@import").skip(1);
    urls.chain(imports)
        .map(|rest| rest.trim_start().trim_start_matches(['"', '\'']))
        .filter(|rest| is_external(rest))
        .map(|rest| {
            let end = rest.find(['"', '\'', ')', ';', ' ']).unwrap_or(rest.len());
            rest[..end].to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(body: &str) -> Vec<String> {
        let page = Page::read(&format!("<html><body><main>{body}</main></body></html>"));
        page.flaws.into_iter().map(|(what, _)| what).collect()
    }

    #[test]
    fn a_good_page_has_no_flaws() {
        let body = r##"<h1 id="a">A</h1><a href="#a">x</a><img src="p.png" alt="a pool">
            <svg role="img"><title>Six jobs</title><desc>One after another.</desc></svg>
            <span class="fa-svg"><svg><path/></svg></span>
            <p class="blockquote-tag-title"><svg><path/></svg>Tip</p><pre><code>let a = 1;</code></pre>
            <a href="https://example.org/">further</a>"##;
        assert!(flaws(body).is_empty(), "{:?}", flaws(body));
    }

    #[test]
    fn each_flaw_is_named() {
        for (body, says) in [
            (r#"<p id="a"></p><p id="a"></p>"#, "the id `a` stands twice"),
            (
                "<p>{{#include none.rs}} and more</p>",
                "`{{#include none.rs}}` was not expanded",
            ),
            ("<pre><code> \n</code></pre>", "empty code block"),
            (
                "<pre><code>let a;\n```\n</code></pre>",
                "inside a code block",
            ),
            (r#"<img src="p.png">"#, "p.png has no `alt`"),
            ("<svg><title>T</title></svg>", "without `<desc>`"),
            ("<svg><desc>D</desc></svg>", "without `<title>`"),
            (
                r#"<script src="https://cdn.example/x.js"></script>"#,
                "fetches https://cdn.example/x.js",
            ),
            (
                r#"<link rel="stylesheet" href="//fonts.example/f.css">"#,
                "fetches //fonts.example",
            ),
        ] {
            let flaws = flaws(body);
            assert_eq!(flaws.len(), 1, "{body}: {flaws:?}");
            assert!(flaws[0].contains(says), "{body}: {flaws:?}");
        }
    }

    #[test]
    fn stylesheets_fetch_from_no_other_host() {
        let css = "@import \"https://a.example/x.css\"; @font-face { src: url(f.woff2) }\n\
                   b { background: url('//b.example/p.png') } /* https://c.example */";
        assert_eq!(
            external_urls_of_css(css),
            ["//b.example/p.png", "https://a.example/x.css"]
        );
    }
}
