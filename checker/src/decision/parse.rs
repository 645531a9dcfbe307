//! From the file's lists of questions and leaves to the tree that they make up.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use super::{Answer, Flaw, Leaf, Neighbour, Node, Question, Taught};
use crate::course::Slug;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(rename = "question")]
    questions: Vec<RawQuestion>,
    #[serde(rename = "leaf")]
    leaves: Vec<RawLeaf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuestion {
    id: Spanned<String>,
    asks: String,
    short: String,
    help: Option<String>,
    #[serde(rename = "answer")]
    answers: Vec<RawAnswer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAnswer {
    says: String,
    short: String,
    leads_to: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLeaf {
    id: Spanned<String>,
    pattern: String,
    /// The pattern itself, if it is short enough.
    short: Option<String>,
    lesson: Option<Slug>,
    no_lesson: Option<String>,
    meanwhile: Option<String>,
    why: String,
    lost: Vec<Neighbour>,
}

/// Reads the tree from `text`: its first question is the root.
///
/// # Errors
/// All that keeps it from being a tree, at least one flaw, by line: what is no TOML, an id used twice,
/// an answer that leads nowhere, in a circle, or where another answer leads already, a question or a
/// leaf that no answer leads to, and a leaf that neither names a lesson nor says why it has none.
pub fn parse(text: &str) -> Result<Question, Vec<Flaw>> {
    let raw: Raw = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        vec![flaw(text, offset, error.message())]
    })?;
    let mut reading = Reading::new(text, raw);
    let root = reading.root();
    let mut flaws = reading.finish();
    flaws.sort();
    match root {
        Some(root) if flaws.is_empty() => Ok(root),
        _ => Err(flaws),
    }
}

fn flaw(text: &str, offset: usize, what: impl Into<String>) -> Flaw {
    Flaw {
        line: text[..offset].matches('\n').count() + 1,
        what: what.into(),
    }
}

enum RawNode {
    Question(RawQuestion),
    Leaf(RawLeaf),
}

impl RawNode {
    fn id(&self) -> &Spanned<String> {
        match self {
            Self::Question(RawQuestion { id, .. }) | Self::Leaf(RawLeaf { id, .. }) => id,
        }
    }
}

/// What has been read of a file.
struct Reading<'a> {
    text: &'a str,
    /// Those that no answer has led to yet.
    loose: BTreeMap<String, RawNode>,
    /// Those that an answer has led to.
    taken: BTreeSet<String>,
    /// The questions between the root and here.
    path: Vec<String>,
    first: Option<String>,
    flaws: Vec<Flaw>,
}

impl<'a> Reading<'a> {
    fn new(text: &'a str, raw: Raw) -> Self {
        let first = raw.questions.first();
        let mut reading = Self {
            text,
            loose: BTreeMap::new(),
            taken: BTreeSet::new(),
            path: Vec::new(),
            first: first.map(|question| question.id.get_ref().clone()),
            flaws: Vec::new(),
        };
        let questions = raw.questions.into_iter().map(RawNode::Question);
        let leaves = raw.leaves.into_iter().map(RawNode::Leaf);
        for node in questions.chain(leaves) {
            let id = node.id().clone();
            if !is_id(id.get_ref()) {
                let what = format!(
                    "`{}` is no id: lower-case letters, digits and hyphens",
                    id.get_ref()
                );
                reading.found(&id, what);
            }
            if reading.loose.contains_key(id.get_ref()) {
                let what = format!("the id `{}` was already used", id.get_ref());
                reading.found(&id, what);
            } else {
                reading.loose.insert(id.into_inner(), node);
            }
        }
        reading
    }

    fn found(&mut self, at: &Spanned<String>, what: impl Into<String>) {
        self.flaws.push(flaw(self.text, at.span().start, what));
    }

    fn root(&mut self) -> Option<Question> {
        let root = self.first.clone()?;
        match self.loose.remove(&root)? {
            RawNode::Question(raw) => Some(self.question(raw)),
            RawNode::Leaf(_) => None,
        }
    }

    fn question(&mut self, raw: RawQuestion) -> Question {
        if raw.answers.len() < 2 {
            let what = format!("`{}` has fewer than two answers", raw.id.get_ref());
            self.found(&raw.id, what);
        }
        let id = raw.id.into_inner();
        self.taken.insert(id.clone());
        self.path.push(id.clone());
        let answers = raw.answers.into_iter();
        let answers = answers.filter_map(|raw| self.answer(raw)).collect();
        self.path.pop();
        Question {
            id,
            asks: raw.asks,
            short: raw.short,
            help: raw.help,
            answers,
        }
    }

    fn answer(&mut self, raw: RawAnswer) -> Option<Answer> {
        let target = raw.leads_to.get_ref();
        let leads_to = match self.loose.remove(target) {
            Some(RawNode::Question(raw)) => Node::Question(self.question(raw)),
            Some(RawNode::Leaf(raw)) => Node::Leaf(self.leaf(raw)),
            None => {
                let what = if self.path.contains(target) {
                    format!("leads back to `{target}`: that answer never comes to a pattern")
                } else if self.taken.contains(target) {
                    format!(
                        "leads to `{target}`, to which another answer leads already; there is one \
                         way to each"
                    )
                } else {
                    format!("leads to `{target}`, which is neither a question nor a leaf")
                };
                self.found(&raw.leads_to, what);
                return None;
            }
        };
        Some(Answer {
            says: raw.says,
            short: raw.short,
            leads_to,
        })
    }

    fn leaf(&mut self, raw: RawLeaf) -> Leaf {
        let lesson = match (raw.lesson, raw.no_lesson) {
            (Some(slug), None) => Taught::In(slug),
            (None, Some(why)) => Taught::Nowhere(why),
            _ => {
                let what = format!(
                    "`{}` needs either `lesson`, or `no_lesson` and why it has none",
                    raw.id.get_ref()
                );
                self.found(&raw.id, what);
                Taught::Nowhere(String::new())
            }
        };
        if raw.lost.is_empty() {
            let what = format!(
                "`{}` names no neighbour that lost; a choice is one between several",
                raw.id.get_ref()
            );
            self.found(&raw.id, what);
        }
        let id = raw.id.into_inner();
        self.taken.insert(id.clone());
        Leaf {
            id,
            short: raw.short.unwrap_or_else(|| raw.pattern.replace('`', "")),
            pattern: raw.pattern,
            lesson,
            meanwhile: raw.meanwhile,
            why: raw.why,
            lost: raw.lost,
        }
    }

    fn finish(mut self) -> Vec<Flaw> {
        for (id, node) in std::mem::take(&mut self.loose) {
            let what = format!("no answer leads to `{id}`");
            self.found(&node.id().clone(), what);
        }
        if self.first.is_none() {
            self.flaws.push(flaw(self.text, 0, "there is no question"));
        }
        self.flaws
    }
}

fn is_id(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = r#"
[[question]]
id = "one"
asks = "One or many?"
short = "how many"
[[question.answer]]
says = "One."
short = "one"
leads_to = "loop"
[[question.answer]]
says = "Many."
short = "many"
leads_to = "pool"

[[leaf]]
id = "loop"
pattern = "Loop"
no_lesson = "You know it."
why = "It is enough."
lost = [{ pattern = "Pool", because = "Too much." }]

[[leaf]]
id = "pool"
pattern = "Pool"
lesson = "worker_pool"
why = "It bounds."
lost = [{ pattern = "Loop", lesson = "start_simple", because = "Too slow." }]
"#;

    fn flaws(from: &str, to: &str) -> Vec<String> {
        assert!(TREE.contains(from), "{from}");
        let flaws = parse(&TREE.replacen(from, to, 1)).unwrap_err();
        let say = |flaw: &Flaw| format!("{}: {}", flaw.line, flaw.what);
        flaws.iter().map(say).collect()
    }

    #[test]
    fn the_first_question_is_the_root() {
        let root = parse(TREE).expect("a tree");
        assert_eq!(root.id, "one");
        let leaves = root.leaves();
        let patterns: Vec<_> = leaves.iter().map(|leaf| leaf.pattern.as_str()).collect();
        assert_eq!(patterns, ["Loop", "Pool"]);
        assert_eq!(leaves[0].lesson, Taught::Nowhere("You know it.".to_owned()));
        assert_eq!(
            leaves[1].lesson,
            Taught::In("worker_pool".parse().expect("a slug"))
        );
    }

    #[test]
    fn each_flaw_is_said_with_its_line() {
        let lone = "13: leads to `pol`, which is neither a question nor a leaf";
        let loose = "23: no answer leads to `pool`";
        assert_eq!(flaws("= \"pool\"\n\n", "= \"pol\"\n\n"), [lone, loose]);
        let circle = "13: leads back to `one`: that answer never comes to a pattern";
        assert_eq!(flaws("= \"pool\"\n\n", "= \"one\"\n\n"), [circle, loose]);
        let twice = "13: leads to `loop`, to which another answer leads already; there is one way \
                     to each";
        assert_eq!(flaws("= \"pool\"\n\n", "= \"loop\"\n\n"), [twice, loose]);
        for (from, to, says) in [
            (
                "lesson = \"worker_pool\"\n",
                "",
                "23: `pool` needs either `lesson`, or `no_lesson`",
            ),
            (
                "no_lesson = \"You know it.\"",
                "lesson = \"a\"\nno_lesson = \"b\"",
                "16: `loop` needs either",
            ),
            (
                "id = \"loop\"",
                "id = \"one\"",
                "16: the id `one` was already used",
            ),
            (
                "lost = [{ pattern = \"Pool\", because = \"Too much.\" }]",
                "lost = []",
                "16: `loop` names no neighbour that lost",
            ),
            ("\"worker_pool\"", "\"Pool\"", "25: `Pool` is not a lesson"),
            (
                "short = \"how many\"",
                "shrt = \"how many\"",
                "5: unknown field `shrt`",
            ),
            (
                "[[question.answer]]\nsays = \"Many.\"",
                "[[question.answer]]\nsays = 3",
                "11: ",
            ),
            (
                "id = \"pool\"",
                "id = \"The Pool\"",
                "23: `The Pool` is no id",
            ),
        ] {
            let flaws = flaws(from, to);
            assert!(
                flaws.iter().any(|flaw| flaw.starts_with(says)),
                "{says}\n{flaws:#?}"
            );
        }
    }

    #[test]
    fn a_question_without_a_choice_is_none() {
        let single = TREE.replacen(
            "[[question.answer]]\nsays = \"Many.\"\nshort = \"many\"\nleads_to = \"pool\"\n",
            "",
            1,
        );
        let flaws = parse(&single).unwrap_err();
        assert_eq!(flaws[0].what, "`one` has fewer than two answers");
    }
}
