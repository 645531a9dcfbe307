//! Links to the glossary: where a lesson first uses one of its words and its author has linked it
//! nowhere, the word becomes a link.

use std::fmt::Write as _;
use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A word that the glossary explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    words: String,
    /// As mdBook makes it of the words.
    id: String,
}

/// Words that chapters also use as everybody does: the windows of a box office, source code, a
/// telephone that rings. Their authors link them where they mean the term.
const EVERYDAY: [&str; 4] = ["join", "ring", "source", "window"];

/// The terms of a glossary: a line of words, followed by one that begins with a colon.
pub(super) fn terms(glossary: &str) -> Vec<Term> {
    let lines: Vec<_> = glossary.lines().collect();
    let terms = lines.windows(2).filter(|pair| pair[1].starts_with(": "));
    let mut terms: Vec<_> = terms
        .filter(|pair| !EVERYDAY.contains(&pair[0].trim()))
        .map(|pair| Term {
            words: pair[0].trim().to_owned(),
            id: id_of(pair[0].trim()),
        })
        .collect();
    // "bounded queue" before "queue".
    terms.sort_by_key(|term| std::cmp::Reverse(term.words.len()));
    terms
}

/// `chapter`, of the lesson `slug`, with a link at the first use of each term that it does not link
/// and that is not its own subject.
pub(super) fn link(chapter: &str, slug: &str, terms: &[Term]) -> String {
    let own = slug.replace('_', "");
    let prose = prose(chapter);
    let mut links: Vec<(Range<usize>, &str)> = Vec::new();
    for term in terms {
        let is_linked = chapter.contains(&format!("glossary.md#{})", term.id));
        if is_linked || term.id.replace('-', "") == own {
            continue;
        }
        let free = |found: &Range<usize>| {
            let meets = |(taken, _): &(Range<usize>, &str)| {
                found.start < taken.end && taken.start < found.end
            };
            !links.iter().any(meets)
        };
        let first = prose
            .iter()
            .flat_map(|range| uses(chapter, range, &term.words))
            .find(free);
        links.extend(first.map(|found| (found, term.id.as_str())));
    }
    links.sort_by_key(|(found, _)| found.start);
    let mut out = String::with_capacity(chapter.len() + 64 * links.len());
    let mut done = 0;
    for (found, id) in links {
        out.push_str(&chapter[done..found.start]);
        let words = &chapter[found.clone()];
        // Writing to a `String` cannot fail.
        let _ = write!(out, "[{words}](glossary.md#{id})");
        done = found.end;
    }
    out.push_str(&chapter[done..]);
    out
}

/// Where running text stands: not in headings, links, tables' heads, code or HTML, nor in bold, by
/// which a chapter introduces words of its own.
fn prose(chapter: &str) -> Vec<Range<usize>> {
    let options = Options::ENABLE_GFM
        | Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH;
    let mut nested = 0_usize;
    let mut prose = Vec::new();
    for (event, range) in Parser::new_ext(chapter, options).into_offset_iter() {
        match event {
            Event::Start(
                Tag::Heading { .. }
                | Tag::Link { .. }
                | Tag::Image { .. }
                | Tag::Strong
                | Tag::TableHead
                | Tag::CodeBlock(_)
                | Tag::HtmlBlock,
            ) => nested += 1,
            Event::End(
                TagEnd::Heading(_)
                | TagEnd::Link
                | TagEnd::Image
                | TagEnd::Strong
                | TagEnd::TableHead
                | TagEnd::CodeBlock
                | TagEnd::HtmlBlock,
            ) => nested -= 1,
            // Where Markdown was resolved, text and source differ.
            Event::Text(text) if nested == 0 && chapter[range.clone()] == *text => {
                prose.push(range);
            }
            _ => {}
        }
    }
    prose
}

/// Where `words` stand in a range of `text`: whole words, also in the plural or at the beginning of a
/// sentence.
fn uses(text: &str, range: &Range<usize>, words: &str) -> Vec<Range<usize>> {
    let part = &text[range.clone()];
    let (lower, words) = (part.to_lowercase(), words.to_lowercase());
    if lower.len() != part.len() {
        return Vec::new();
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '–';
    let found = lower.match_indices(&words).filter_map(|(start, found)| {
        let rest = &lower[start + found.len()..];
        let plural = usize::from(rest.starts_with('s'));
        let end = start + found.len() + plural;
        let begins = !lower[..start].ends_with(is_word);
        let ends = !lower[end..].starts_with(is_word);
        (begins && ends).then(|| range.start + start..range.start + end)
    });
    found.collect()
}

fn id_of(words: &str) -> String {
    let kept = words.chars().filter_map(|c| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_ascii_lowercase()),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLOSSARY: &str = "# Glossary\n\nring\n: A queue.\n\nbounded queue\n: A queue.\n\nfork–join\n: Splitting.\n\n\
                            queue\n: A line.\n";

    fn linked(chapter: &str) -> String {
        link(chapter, "worker_pool", &terms(GLOSSARY))
    }

    #[test]
    fn a_word_of_every_day_is_left_to_the_author() {
        assert_eq!(linked("The telephone rings.\n"), "The telephone rings.\n");
    }

    #[test]
    fn the_first_use_becomes_a_link_and_the_second_does_not() {
        assert_eq!(
            linked("Bounded queues, a bounded queue.\n"),
            "[Bounded queues](glossary.md#bounded-queue), a bounded [queue](glossary.md#queue).\n"
        );
        assert_eq!(
            linked("By fork–join.\n"),
            "By [fork–join](glossary.md#forkjoin).\n"
        );
    }

    #[test]
    fn what_the_author_links_and_what_is_no_prose_is_left_alone() {
        for text in [
            "# A queue\n",
            "`queue`, queueing, the_queue\n",
            "```text\nqueue\n```\n",
            "<p>queue</p>\n",
            "A **priority queue** has one.\n",
            "[the queue](x.md)\n",
            "A queue, then [the queue](glossary.md#queue).\n",
        ] {
            assert_eq!(linked(text), text);
        }
    }

    #[test]
    fn a_lesson_does_not_send_its_reader_away_for_its_own_subject() {
        let text = "About fork–join.\n";
        assert_eq!(link(text, "fork_join", &terms(GLOSSARY)), text);
    }
}
