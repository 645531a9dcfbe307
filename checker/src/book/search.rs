//! Makes the search index small: mdBook's holds every listing, every label of every picture and all of
//! the quizzes, and beside each text its words as a tree.
//!
//! Ours holds headings and prose. The tree is made of them in the browser, by the library that
//! searches it, when the reader opens the search; only then does mdBook's script ask for the index.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How mdBook's index begins and ends; in between is JSON in a JavaScript string.
const BEGINS: &str = "window.search = Object.assign(window.search, JSON.parse('";
const ENDS: &str = "'));";

/// How ours goes on after the JSON. Fields and words are those of mdBook's own index.
const GROWS: &str = "
const index = elasticlunr(function () {
for (const field of ['title', 'body', 'breadcrumbs']) this.addField(field);
this.setRef('id');
});
search.docs.forEach(([title, body, breadcrumbs], id) => index.addDoc({ id: `${id}`, title, body, breadcrumbs }));
Object.assign(window.search, search, { index: index.toJSON() });
})();
";

/// Elements whose text is not searched for.
const NOT_PROSE: [&str; 6] = ["pre", "svg", "form", "script", "style", "nav"];

/// mdBook's index, as far as ours needs it.
#[derive(Debug, Deserialize)]
struct Full {
    doc_urls: Vec<String>,
    results_options: Value,
    search_options: Value,
    index: Index,
}

#[derive(Debug, Deserialize)]
struct Index {
    #[serde(rename = "documentStore")]
    store: Store,
}

#[derive(Debug, Deserialize)]
struct Store {
    docs: BTreeMap<String, Section>,
}

/// Of a page, from a heading to the next.
#[derive(Debug, Deserialize)]
struct Section {
    title: String,
    breadcrumbs: String,
}

#[derive(Debug, Serialize)]
struct Small {
    doc_urls: Vec<String>,
    results_options: Value,
    search_options: Value,
    /// Title, prose and breadcrumbs, in the order of the addresses.
    docs: Vec<[String; 3]>,
}

/// Rewrites the index of the book in `out`, if it has one.
pub(super) fn lighten(out: &Path) -> Result<()> {
    for entry in out.read_dir()? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("searchindex") && name.ends_with(".js") {
            let script = fs::read_to_string(&path)?;
            let small = smaller(&script, |page| {
                let page = out.join(page);
                fs::read_to_string(&page)
                    .with_context(|| format!("{} is not there", page.display()))
            });
            fs::write(
                &path,
                small.context("the search index cannot be made smaller")?,
            )?;
        }
    }
    Ok(())
}

/// mdBook's `script` with the prose of the pages that `page` reads in the place of all their text.
fn smaller(script: &str, page: impl Fn(&str) -> Result<String>) -> Result<String> {
    let json = script
        .strip_prefix(BEGINS)
        .and_then(|rest| rest.strip_suffix(ENDS));
    let Some(json) = json else {
        bail!("it is not what mdBook 0.5 writes");
    };
    let full: Full = serde_json::from_str(&unquoted(json))?;
    let mut pages = BTreeMap::new();
    let mut docs = Vec::with_capacity(full.doc_urls.len());
    for (number, url) in full.doc_urls.iter().enumerate() {
        let (name, id) = url.split_once('#').unwrap_or((url, ""));
        if !pages.contains_key(name) {
            pages.insert(name, prose(&page(name)?));
        }
        let section = full.index.store.docs.get(&number.to_string());
        let section = section.with_context(|| format!("it has no section {number}"))?;
        let prose = pages[name].get(id).cloned().unwrap_or_default();
        docs.push([section.title.clone(), prose, section.breadcrumbs.clone()]);
    }
    let json = serde_json::to_string(&Small {
        doc_urls: full.doc_urls,
        results_options: full.results_options,
        search_options: full.search_options,
        docs,
    })?;
    Ok(format!(
        "(() => {{\nconst search = JSON.parse('{}');{GROWS}",
        quoted(&json)
    ))
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        out.extend(match letter {
            '\\' => letters.next(),
            letter => Some(letter),
        });
    }
    out
}

/// The prose of a built page below each of its headings, by the heading's id.
fn prose(html: &str) -> BTreeMap<String, String> {
    let main = html
        .split_once("<main>")
        .and_then(|(_, rest)| rest.split_once("</main>"));
    let mut rest = main.map_or("", |(main, _)| main);
    let mut sections = BTreeMap::new();
    let mut id = String::new();
    let mut text = String::new();
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, inside) = after.split_once('>').unwrap_or((after, ""));
        let name = tag.split([' ', '\n']).next().unwrap_or(tag);
        rest = inside;
        if is_heading(name)
            && let Some(own) = attribute(tag, "id")
        {
            sections.insert(std::mem::take(&mut id), tidy(&std::mem::take(&mut text)));
            own.clone_into(&mut id);
            // The index has it as the section's title.
            rest = behind(name, rest);
        } else if NOT_PROSE.contains(&name) {
            rest = behind(name, rest);
        } else if !INLINE.contains(&name.trim_start_matches('/')) {
            text.push(' ');
        }
    }
    text.push_str(rest);
    sections.insert(id, tidy(&text));
    sections
}

/// Elements that may stand within a word.
const INLINE: [&str; 5] = ["a", "code", "em", "span", "strong"];

/// mdBook begins a section at these.
fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3")
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    value.split_once('"').map(|(value, _)| value)
}

/// What follows the end of the element `name`, which `html` is inside of.
fn behind<'a>(name: &str, html: &'a str) -> &'a str {
    let (begin, end) = (format!("<{name}"), format!("</{name}>"));
    let mut rest = html;
    let mut depth = 1;
    while depth > 0 {
        let Some(at) = rest.find(&end) else {
            return "";
        };
        depth += rest[..at].matches(&begin).count();
        depth -= 1;
        rest = &rest[at + end.len()..];
    }
    rest
}

/// Text of HTML as text, with single blanks.
fn tidy(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&amp;", "&"),
    ];
    let plain = |text: String, (entity, letter)| text.replace(entity, letter);
    entities.into_iter().fold(words.join(" "), plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<nav>Contents</nav><main>\n<h1 id=\"pool\"><a href=\"#pool\">Pool</a></h1>\n<p>It's a <code>Pool&lt;T&gt;</code>s\n\
        bound.</p><pre><code>fn hidden() {}</code></pre>\n<h2 id=\"why\">Why</h2><figure><svg><text>label</text>\
        </svg><figcaption>Caption</figcaption></figure><form><form>x</form>Asked</form><p>Said</p></main>";

    #[test]
    fn prose_is_what_stands_below_a_heading_without_code_pictures_and_questions() {
        let prose = prose(PAGE);
        assert_eq!(prose["pool"], "It's a Pool<T>s bound.");
        assert_eq!(prose["why"], "Caption Said");
    }

    #[test]
    fn the_index_keeps_addresses_and_titles() {
        let json = r#"{"doc_urls":["pool.html#pool","pool.html#why"],"results_options":{"limit_results":30},"search_options":{},"index":{"documentStore":{"docs":{"0":{"id":"0","title":"Pool","body":"It\"s","breadcrumbs":"Pool"},"1":{"id":"1","title":"Don't","body":"","breadcrumbs":"Pool » Why"}}}}}"#;
        let script = format!("{BEGINS}{}{ENDS}", quoted(json));
        let small = smaller(&script, |_| Ok(PAGE.to_owned())).expect("made smaller");
        assert!(small.contains(r#""docs":[["Pool","It\'s a Pool<T>s bound.","Pool"],["Don\'t","Caption Said","Pool » Why"]]"#), "{small}");
        assert!(small.contains(r#""limit_results":30"#));
        assert!(smaller("window.search = {}", |_| Ok(String::new())).is_err());
    }
}
