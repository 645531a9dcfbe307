//! The first lines of a solution that stands beside the reference: what it is, and, if it is a
//! mistake, which test must reject it in which words.

use std::path::Path;

use toml::Table;

use super::wording::Wording;
use crate::course::Finding;

/// The head of a wrong solution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong with it, and what comes of that: one paragraph.
    pub sentence: String,
    /// The test that must reject it: `pattern::drop_waits`.
    pub rejected_by: String,
    /// What that test says then.
    pub learner_sees: Wording,
}

/// The head of a right solution.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// What it does differently: one paragraph.
    pub sentence: String,
    /// Crates that it needs beyond those of the exercises.
    pub crates: Table,
}

/// Reads the head of a wrong solution.
pub fn mistake(path: &Path, text: &str) -> Result<Mistake, Finding> {
    let head = Head { path, text };
    Ok(Mistake {
        sentence: head.paragraph("Mistake", "drops the pool without joining its workers.")?,
        rejected_by: head.one(
            "Rejected by",
            "pattern::dropping_the_pool_waits_for_its_jobs",
        )?,
        learner_sees: Wording::new(&head.one(
            "Learner sees",
            "drop(pool) returned while … of 4 jobs had not finished",
        )?),
    })
}

/// Reads the head of a right solution.
pub fn design(path: &Path, text: &str) -> Result<Design, Finding> {
    let head = Head { path, text };
    let mut crates = Table::new();
    for (line, value) in head.all("Crates") {
        let more: Table = value.parse().map_err(|_| {
            Finding::on_line(
                path,
                line,
                format!(
                    "`{value}` names no crate; write one a line as Cargo.toml does: \
                     `//! Crates: crossbeam-channel = \"0.5\"`"
                ),
            )
        })?;
        crates.extend(more);
    }
    Ok(Design {
        sentence: head.paragraph("Design", "one crossbeam channel, many consumers.")?,
        crates,
    })
}

struct Head<'a> {
    path: &'a Path,
    text: &'a str,
}

impl<'a> Head<'a> {
    /// Lines and values of all `//! <key>: <value>` at the top of the file.
    fn all(&self, key: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
        self.text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .enumerate()
            .filter_map(move |(index, line)| {
                let value = line[3..]
                    .trim_start()
                    .strip_prefix(key)?
                    .strip_prefix(':')?;
                Some((index + 1, value.trim()))
            })
    }

    /// The value of `key` with the lines that go on with it: up to an empty one, or to the next key.
    fn paragraph(&self, key: &'a str, example: &str) -> Result<String, Finding> {
        let mut paragraph = self.one(key, example)?;
        let begins = self.all(key).find(|(_, value)| !value.is_empty());
        let (line, _) = begins.expect("it has one, or there was an error");
        let head = self.text.lines().map_while(|line| line.strip_prefix("//!"));
        let follow = head.skip(line).map(str::trim);
        for more in follow.take_while(|line| !line.is_empty() && !begins_with_a_key(line)) {
            paragraph.push(' ');
            paragraph.push_str(more);
        }
        Ok(paragraph)
    }

    fn one(&self, key: &'a str, example: &str) -> Result<String, Finding> {
        match self.all(key).find(|(_, value)| !value.is_empty()) {
            Some((_, value)) => Ok(value.to_owned()),
            None => Err(Finding::on_line(
                self.path,
                1,
                format!("its head has no `{key}`; begin the file with `//! {key}: {example}`"),
            )),
        }
    }
}

/// What may stand in a head.
const KEYS: [&str; 5] = ["Mistake", "Rejected by", "Learner sees", "Design", "Crates"];

fn begins_with_a_key(line: &str) -> bool {
    let key = line.split_once(':').map(|(key, _)| key);
    key.is_some_and(|key| KEYS.contains(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRONG: &str = "\
//! Mistake: drops the pool without joining its workers.
//! Rejected by: pattern::drop_waits
//! Learner sees: drop(pool) returned while … of 4 jobs had not finished
//!
//! More prose.

use std::thread;
";

    #[test]
    fn a_mistake_names_its_test_and_its_sentence() {
        let mistake = mistake(Path::new("x.rs"), WRONG).expect("a head");
        assert_eq!(
            mistake.sentence,
            "drops the pool without joining its workers."
        );
        assert_eq!(mistake.rejected_by, "pattern::drop_waits");
        assert!(
            mistake
                .learner_sees
                .matches("drop(pool) returned while 3 of 4 jobs had not finished")
        );
    }

    #[test]
    fn a_sentence_may_go_on_over_several_lines() {
        let text = WRONG.replace(
            "its workers.\n",
            "its workers.\n//! So the count falls: too soon.\n",
        );
        let mistake = mistake(Path::new("x.rs"), &text).expect("a head");
        assert_eq!(
            mistake.sentence,
            "drops the pool without joining its workers. So the count falls: too soon."
        );
        assert_eq!(mistake.rejected_by, "pattern::drop_waits");
        let text = "//! Design: a channel,\n//! and two locks.\n//!\n//! More.\n";
        let design = design(Path::new("x.rs"), text).expect("a head");
        assert_eq!(design.sentence, "a channel, and two locks.");
    }

    #[test]
    fn a_missing_line_is_asked_for_with_an_example() {
        let text = WRONG.replace("Rejected by", "Rejected");
        let finding = mistake(Path::new("x.rs"), &text).unwrap_err();
        assert_eq!(
            finding.to_string(),
            "x.rs:1: its head has no `Rejected by`; begin the file with \
             `//! Rejected by: pattern::dropping_the_pool_waits_for_its_jobs`"
        );
    }

    #[test]
    fn only_the_top_of_the_file_is_its_head() {
        let text = "use std::thread;\n//! Design: late\n";
        assert!(design(Path::new("x.rs"), text).is_err());
    }

    #[test]
    fn a_design_may_name_crates_of_its_own() {
        let text = "//! Design: a channel with many consumers.\n\
                    //! Crates: crossbeam-channel = \"0.5\"\n\
                    //! Crates: flume = { version = \"0.11\", default-features = false }\n";
        let design = design(Path::new("x.rs"), text).expect("a head");
        let names: Vec<_> = design.crates.keys().collect();
        assert_eq!(names, ["crossbeam-channel", "flume"]);
    }

    #[test]
    fn a_crate_that_cargo_would_not_understand_is_refused_on_its_line() {
        let text = "//! Design: a channel.\n//! Crates: crossbeam-channel\n";
        let finding = design(Path::new("x.rs"), text).unwrap_err();
        assert!(
            finding
                .to_string()
                .starts_with("x.rs:2: `crossbeam-channel` names no crate")
        );
    }
}
