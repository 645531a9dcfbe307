//! Whether the lesson's tests made of a solution what they must.

use std::collections::BTreeMap;

use checker::course::Finding;
use checker::process::End;
use checker::solutions::heads::Mistake;
use checker::workshop::{Ending, Tried, test_name};
use record::report::{Outcome, Record};

use super::candidates::{Candidate, Expected};
use super::changes::Change;

/// What is wrong with this run of `candidate`.
pub(super) fn judge(candidate: &Candidate, tried: &Tried) -> Vec<Finding> {
    let said = match &candidate.expected {
        Expected::Noticed(change) => return unnoticed(change, tried).into_iter().collect(),
        Expected::Passes => all_passed(tried),
        Expected::Rejected(mistake) => rejected(mistake, tried).err().into_iter().collect(),
    };
    said.into_iter()
        .map(|what| Finding::of_file(&candidate.path, what))
        .collect()
}

/// Whether `record` alone decides on its candidate, whatever the other tests say: a failure of the test
/// that must reject a mistake, or any failure of a changed reference.
pub(super) fn settles(candidate: &Candidate, record: &Record) -> bool {
    let failed = record.outcome.failure().is_some();
    match &candidate.expected {
        Expected::Passes => false,
        Expected::Rejected(mistake) => failed && test_name(record) == mistake.rejected_by,
        Expected::Noticed(_) => failed,
    }
}

fn all_passed(tried: &Tried) -> Vec<String> {
    if tried.tests.is_empty() {
        return vec!["the lesson has no tests, so nothing was judged".to_owned()];
    }
    let failed = tried.records.iter().filter_map(|record| {
        let failure = record.outcome.failure()?;
        let test = test_name(record);
        Some(format!(
            "right, but `{test}` rejects it: {}",
            failure.sentence
        ))
    });
    let silent = tried
        .tests
        .iter()
        .filter(|test| tried.record(test).is_none())
        .map(|test| {
            format!(
                "right, but `{test}` did not pass: {}",
                tried.why_no_verdict()
            )
        });
    failed.chain(silent).collect()
}

fn rejected(mistake: &Mistake, tried: &Tried) -> Result<(), String> {
    let test = &mistake.rejected_by;
    if !tried.tests.contains(test) {
        let have: Vec<_> = tried.tests.iter().map(String::as_str).collect();
        return Err(format!(
            "its head names the test `{test}`, which the lesson does not have; it has {}",
            have.join(", ")
        ));
    }
    let Some(record) = tried.record(test) else {
        return Err(format!(
            "`{test}` must reject it, but {}",
            tried.why_no_verdict()
        ));
    };
    match &record.outcome {
        Outcome::Passed => Err(format!(
            "`{test}` must reject it, but passes: {}\nrejected by: {}",
            mistake.sentence,
            others(tried)
        )),
        outcome => {
            let sentence = outcome.failure().map_or("", |failure| &failure.sentence);
            if mistake.learner_sees.matches(sentence) {
                return Ok(());
            }
            Err(format!(
                "`{test}` rejects it in other words than its head says\nhead: {}\ntest: {sentence}",
                mistake.learner_sees
            ))
        }
    }
}

/// Any failure will do, a crash included. A program that is stuck for good has no verdict: every test
/// has a limit of its own.
fn unnoticed(change: &Change, tried: &Tried) -> Option<Finding> {
    match tried.ending {
        Ending::Ended(End::Exited(0)) => Some(change.unnoticed()),
        Ending::Ended(End::OutOfTime) => {
            let finding = change.unnoticed();
            let what = format!("{}\n{}", tried.why_no_verdict(), finding.what);
            Some(Finding { what, ..finding })
        }
        Ending::Ended(End::Exited(_) | End::Signalled(_) | End::TooMuchOutput) | Ending::Enough => {
            None
        }
    }
}

fn others(tried: &Tried) -> String {
    let failed: Vec<_> = tried
        .records
        .iter()
        .filter(|record| record.outcome.failure().is_some())
        .map(test_name)
        .collect();
    if failed.is_empty() {
        "no test".to_owned()
    } else {
        failed.join(", ")
    }
}

/// The findings of many runs, each with how often it came.
pub(super) fn with_counts(findings: BTreeMap<Finding, u32>, runs: u32) -> Vec<Finding> {
    findings
        .into_iter()
        .map(|(finding, count)| match runs {
            1 => finding,
            _ => Finding {
                what: format!("in {count} of {runs} runs: {}", finding.what),
                ..finding
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use checker::solutions::Wording;
    use record::report::{Failure, Rung, SCHEMA};
    use toml::Table;

    use super::*;

    fn failed(sentence: &str) -> Outcome {
        Outcome::Failed(Failure {
            sentence: sentence.to_owned(),
            place: None,
            details: vec![],
            timeline: None,
        })
    }

    fn tried(outcomes: &[(&str, Option<Outcome>)], end: End) -> Tried {
        Tried {
            tests: outcomes
                .iter()
                .map(|(test, _)| format!("core::{test}"))
                .collect(),
            records: outcomes
                .iter()
                .filter_map(|(test, outcome)| {
                    Some(Record {
                        schema: SCHEMA,
                        lesson: "a".into(),
                        rung: Rung::Core,
                        test: (*test).to_owned(),
                        line: 1,
                        outcome: outcome.clone()?,
                    })
                })
                .collect(),
            ending: Ending::Ended(end),
        }
    }

    fn said(expected: Expected, tried: &Tried) -> String {
        let candidate = Candidate {
            path: "x.rs".into(),
            expected,
            crates: Table::new(),
        };
        let findings: Vec<_> = judge(&candidate, tried)
            .iter()
            .map(ToString::to_string)
            .collect();
        findings.join("\n")
    }

    fn mistake() -> Expected {
        Expected::Rejected(Mistake {
            sentence: "drops a job.".into(),
            rejected_by: "core::all_ran".into(),
            learner_sees: Wording::new("only … of 4 jobs ran"),
        })
    }

    #[test]
    fn a_right_solution_passes_every_test_that_is_listed() {
        let good = tried(&[("all_ran", Some(Outcome::Passed))], End::Exited(0));
        assert_eq!(said(Expected::Passes, &good), "");
        let bad = tried(
            &[("all_ran", Some(failed("only 3 of 4 jobs ran")))],
            End::Exited(101),
        );
        assert_eq!(
            said(Expected::Passes, &bad),
            "x.rs: right, but `core::all_ran` rejects it: only 3 of 4 jobs ran"
        );
        let silent = tried(
            &[("all_ran", Some(Outcome::Passed)), ("b", None)],
            End::OutOfTime,
        );
        assert!(
            said(Expected::Passes, &silent)
                .contains("`core::b` did not pass: the tests were killed")
        );
        assert!(said(Expected::Passes, &tried(&[], End::Exited(0))).contains("no tests"));
    }

    #[test]
    fn a_mistake_is_rejected_by_its_test_in_its_words() {
        let good = tried(
            &[
                ("all_ran", Some(failed("only 3 of 4 jobs ran"))),
                ("b", None),
            ],
            End::Signalled(6),
        );
        assert_eq!(said(mistake(), &good), "");
    }

    #[test]
    fn a_failure_of_the_named_test_settles_a_mistake_and_nothing_else_does() {
        let bad = tried(
            &[
                ("all_ran", Some(failed("only 3 of 4 jobs ran"))),
                ("b", Some(failed("never returned"))),
            ],
            End::Exited(101),
        );
        let [named, other] = [&bad.records[0], &bad.records[1]];
        let good = tried(&[("all_ran", Some(Outcome::Passed))], End::Exited(0));
        let candidate = |expected| Candidate {
            path: "x.rs".into(),
            expected,
            crates: Table::new(),
        };
        let wrong = candidate(mistake());
        assert!(settles(&wrong, named) && !settles(&wrong, other));
        assert!(!settles(&wrong, &good.records[0]));
        assert!(!settles(&candidate(Expected::Passes), named));
    }

    #[test]
    fn a_mistake_that_slips_through_or_fails_otherwise_is_found() {
        for (outcome, end, says) in [
            (
                Some(Outcome::Passed),
                End::Exited(0),
                "must reject it, but passes: drops a job.\n    rejected by: no test",
            ),
            (
                Some(failed("3 jobs ran")),
                End::Exited(101),
                "head: only … of 4 jobs ran\n    test: 3 jobs ran",
            ),
            (None, End::Signalled(6), "ended by signal 6"),
        ] {
            let said = said(mistake(), &tried(&[("all_ran", outcome)], end));
            assert!(said.contains(says), "{said}");
        }
        let renamed = tried(&[("each_ran", Some(Outcome::Passed))], End::Exited(0));
        assert!(said(mistake(), &renamed).contains("does not have; it has core::each_ran"));
    }

    #[test]
    fn a_finding_of_a_soak_says_in_how_many_runs() {
        let finding = Finding::of_file("b.rs", "passes");
        let counted = with_counts(BTreeMap::from([(finding, 3)]), 100);
        assert_eq!(counted[0].to_string(), "b.rs: in 3 of 100 runs: passes");
    }
}
