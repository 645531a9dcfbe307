//! Which candidates are built together.

use std::collections::BTreeMap;
use std::path::Path;

use checker::course::{Course, Finding, Slug};
use checker::workshop::{Built, Diagnostic, Suite};
use toml::Table;

use super::candidates::{ByLesson, Candidate};

/// One candidate of each lesson, at most: they fit into one crate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Round {
    /// `round_1`
    pub name: String,
    pub candidates: BTreeMap<Slug, Candidate>,
    crates: Table,
}

impl Round {
    /// The crate that this round is built as.
    pub fn suite(&self, course: &Course) -> Suite {
        let stand_ins = self.candidates.iter();
        Suite {
            name: self.name.clone(),
            stand_ins: stand_ins
                .map(|(slug, candidate)| (slug.clone(), course.root().join(&candidate.path)))
                .collect(),
            crates: self.crates.clone(),
        }
    }
}

/// Puts the k-th candidates of all lessons into the k-th round, `name_k`. Two that ask for different versions
/// of one crate cannot share a round: that is a finding.
pub(super) fn plan(candidates: ByLesson, name: &str) -> (Vec<Round>, Vec<Finding>) {
    let mut rounds: Vec<Round> = Vec::new();
    let mut findings = Vec::new();
    for (slug, candidates) in candidates {
        for (index, candidate) in candidates.into_iter().enumerate() {
            if rounds.len() == index {
                rounds.push(Round {
                    name: format!("{name}_{}", index + 1),
                    candidates: BTreeMap::new(),
                    crates: Table::new(),
                });
            }
            let round = &mut rounds[index];
            let clash = candidate.crates.iter().find_map(|(name, wanted)| {
                let there = round.crates.get(name)?;
                (there != wanted).then_some((name, there, wanted))
            });
            if let Some((name, there, wanted)) = clash {
                findings.push(Finding::of_file(
                    &candidate.path,
                    format!(
                        "asks for `{name} = {wanted}`, another lesson's solution for \
                         `{name} = {there}`; ask for the same"
                    ),
                ));
                continue;
            }
            round.crates.extend(candidate.crates.clone());
            round.candidates.insert(slug.clone(), candidate);
        }
    }
    (rounds, findings)
}

/// Removes the candidates that did not compile, or against which their lesson's tests did not, and
/// says so. Empty if everything compiled.
pub(super) fn take_out_what_failed(
    course: &Course,
    rounds: &mut Vec<Round>,
    built: &Built,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for round in rounds.iter_mut() {
        let suite = round.suite(course);
        let tests = suite.test_target();
        let mut bad: BTreeMap<Slug, Finding> = BTreeMap::new();
        for target in [suite.name.as_str(), &tests] {
            let errors = built
                .target(target)
                .map_or(&[][..], |target| &target.errors);
            for error in errors {
                let Some((path, line)) = &error.place else {
                    continue;
                };
                for (slug, candidate) in &round.candidates {
                    if let Some(finding) = blame(course, slug, candidate, error, path, *line) {
                        bad.entry(slug.clone()).or_insert(finding);
                    }
                }
            }
        }
        round.candidates.retain(|slug, _| !bad.contains_key(slug));
        findings.extend(bad.into_values());
    }
    // Errors that belong to no candidate would come back for ever.
    if findings.is_empty() {
        let suites: Vec<_> = rounds.iter().map(|round| round.suite(course)).collect();
        let must_compile = |target: &str| !suites.iter().any(|suite| suite.is_misuse(target));
        for error in built.errors_of(must_compile) {
            let (path, line) = error.place.clone().unwrap_or_default();
            let path = path.strip_prefix(course.root()).unwrap_or(&path);
            let what = format!("does not compile: {}", error.headline());
            findings.push(Finding::on_line(path, line, what));
        }
        if !findings.is_empty() {
            rounds.clear();
        }
    }
    rounds.retain(|round| !round.candidates.is_empty());
    findings
}

fn blame(
    course: &Course,
    slug: &Slug,
    candidate: &Candidate,
    error: &Diagnostic,
    path: &Path,
    line: usize,
) -> Option<Finding> {
    if path == course.root().join(&candidate.path) {
        let what = format!(
            "does not compile: {}; a solution must compile in place of exercises/src/{slug}.rs",
            error.headline()
        );
        return Some(Finding::on_line(&candidate.path, line, what));
    }
    (path == course.tests_path(slug)).then(|| {
        let what = format!(
            "exercises/tests/{slug}.rs:{line} does not compile against it: {}; keep the \
             exercise's signatures",
            error.headline()
        );
        Finding::of_file(&candidate.path, what)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::solutions::candidates::Expected;

    fn candidate(path: &str, crates: &str) -> Candidate {
        Candidate {
            path: path.into(),
            expected: Expected::Passes,
            crates: crates.parse().expect("TOML"),
        }
    }

    fn candidates(of: &[(&str, &[(&str, &str)])]) -> ByLesson {
        of.iter()
            .map(|(slug, all)| {
                let all = all.iter().map(|(path, crates)| candidate(path, crates));
                (slug.parse().expect("a slug"), all.collect())
            })
            .collect()
    }

    #[test]
    fn there_are_as_many_rounds_as_the_largest_lesson_has_candidates() {
        let (rounds, findings) = plan(
            candidates(&[
                ("a", &[("a1", ""), ("a2", ""), ("a3", "")]),
                ("b", &[("b1", ""), ("b2", "flume = '1'")]),
            ]),
            "round",
        );
        assert_eq!(findings, []);
        let sizes: Vec<_> = rounds.iter().map(|round| round.candidates.len()).collect();
        assert_eq!(sizes, [2, 2, 1]);
        assert_eq!(rounds[1].name, "round_2");
        assert!(rounds[1].crates.contains_key("flume"));
        assert!(rounds[0].crates.is_empty());
    }

    #[test]
    fn two_versions_of_one_crate_in_a_round_are_found() {
        let (_, findings) = plan(
            candidates(&[
                ("a", &[("a1", "flume = '1'")]),
                ("b", &[("b1", "flume = '2'")]),
            ]),
            "round",
        );
        assert!(
            findings[0]
                .to_string()
                .starts_with("b1: asks for `flume = "),
            "{findings:?}"
        );
    }
}
