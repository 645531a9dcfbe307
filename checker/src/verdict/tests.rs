use record::report::{Failure, Rung};

use super::*;

fn failure(sentence: &str) -> Failure {
    Failure {
        sentence: sentence.to_owned(),
        place: None,
        details: Vec::new(),
        timeline: None,
    }
}

fn record(rung: Rung, test: &str, line: u32, outcome: Outcome) -> Record {
    Record {
        schema: record::report::SCHEMA,
        lesson: "pool".to_owned(),
        rung,
        test: test.to_owned(),
        line,
        outcome,
    }
}

fn core(outcome: Outcome) -> Record {
    record(Rung::Core, "a", 1, outcome)
}

fn pattern(outcome: Outcome) -> Record {
    record(Rung::Pattern, "b", 2, outcome)
}

fn stretch(outcome: Outcome) -> Record {
    record(Rung::Stretch, "c", 3, outcome)
}

const LISTED: [&str; 3] = ["core::a", "pattern::b", "stretch::c"];

fn ran(records: Vec<Record>, end: End) -> Ran {
    Ran {
        listed: LISTED.map(str::to_owned).into(),
        records,
        end,
        output: String::new(),
        printed: String::new(),
        alone: Vec::new(),
    }
}

/// A run of all three tests, ended as libtest ends.
fn judged(a: Outcome, b: Outcome, c: Outcome) -> Verdict {
    let failed = [&a, &b, &c]
        .iter()
        .any(|outcome| outcome.failure().is_some());
    let end = End::Exited(if failed { 101 } else { 0 });
    Verdict::of(ran(vec![core(a), pattern(b), stretch(c)], end))
}

fn failed() -> Outcome {
    Outcome::Failed(failure("no"))
}

fn unwritten() -> Outcome {
    Outcome::NotWritten(failure("not written yet: Pool::new"))
}

use Outcome::Passed;

#[test]
fn core_and_pattern_pass_the_exercise_with_or_without_stretch() {
    let verdict = judged(Passed, Passed, Passed);
    assert!(matches!(&verdict, Verdict::Passed(report) if report.rungs().stretch_passed()));
    let verdict = judged(Passed, Passed, failed());
    assert!(matches!(&verdict, Verdict::Passed(report) if !report.rungs().stretch_passed()));
}

#[test]
fn the_first_failure_of_the_lowest_rung_decides() {
    let hung = || Outcome::Deadlocked(failure("hangs"));
    let wrong = || Outcome::RejectedForTheWrongReason(failure("wrong"));
    let busy = || Outcome::TimedOut(failure("busy"));
    assert!(matches!(
        judged(failed(), hung(), Passed),
        Verdict::Failed(_)
    ));
    assert!(matches!(judged(hung(), failed(), Passed), Verdict::Hung(_)));
    assert!(matches!(judged(Passed, busy(), failed()), Verdict::Hung(_)));
    assert!(matches!(
        judged(Passed, wrong(), failed()),
        Verdict::RejectedForTheWrongReason(_)
    ));
}

#[test]
fn an_exercise_is_not_started_while_all_of_core_is_unwritten() {
    // A compile-fail case cannot be unwritten: on the stub, it fails.
    assert!(matches!(
        judged(unwritten(), failed(), unwritten()),
        Verdict::NotStarted(_)
    ));
    assert!(matches!(
        judged(Passed, unwritten(), unwritten()),
        Verdict::Failed(_)
    ));
}

#[test]
fn a_test_without_a_record_is_never_a_pass() {
    for end in [End::Exited(0), End::Exited(101), End::Signalled(6)] {
        let verdict = Verdict::of(ran(vec![core(Passed), pattern(Passed)], end));
        let Verdict::Crashed(report, _) = &verdict else {
            panic!("{verdict:?}");
        };
        assert_eq!(report.unreported, [(Rung::Stretch, "c".to_owned())]);
        assert_eq!(report.rungs().stretch, Tally { passed: 0, of: 1 });
    }
}

#[test]
fn a_record_of_another_schema_is_none() {
    let mut foreign = core(Passed);
    foreign.schema += 1;
    let records = vec![foreign, pattern(Passed), stretch(Passed)];
    let verdict = Verdict::of(ran(records, End::Exited(0)));
    assert!(matches!(verdict, Verdict::Crashed(..)));
}

#[test]
fn an_end_that_disagrees_with_the_records_is_a_crash() {
    let all = || vec![core(Passed), pattern(Passed), stretch(Passed)];
    for end in [End::Exited(101), End::Exited(3), End::Signalled(11)] {
        let verdict = Verdict::of(ran(all(), end));
        assert!(matches!(verdict, Verdict::Crashed(_, how) if how == end));
    }
    let records = vec![core(failed()), pattern(Passed), stretch(Passed)];
    let verdict = Verdict::of(ran(records, End::Exited(0)));
    assert!(matches!(verdict, Verdict::Crashed(..)));
}

#[test]
fn limits_speak_for_themselves() {
    let verdict = Verdict::of(ran(vec![core(failed())], End::OutOfTime));
    assert!(matches!(&verdict, Verdict::Hung(report) if report.unreported.len() == 2));
    let verdict = Verdict::of(ran(vec![], End::TooMuchOutput));
    assert!(matches!(verdict, Verdict::Flooded(_)));
}

#[test]
fn records_are_told_by_rung_and_in_the_files_order() {
    let records = vec![
        stretch(Passed),
        record(Rung::Core, "later", 9, failed()),
        core(failed()),
        pattern(Passed),
    ];
    let verdict = Verdict::of(ran(records, End::Exited(101)));
    let report = verdict.report().expect("tests ran");
    let order: Vec<_> = report
        .records
        .iter()
        .map(|record| record.test.as_str())
        .collect();
    assert_eq!(order, ["a", "later", "b", "c"]);
    assert_eq!(report.first_failure().map(|record| record.line), Some(1));
}

#[test]
fn a_test_that_passed_and_failed_has_failed() {
    for pair in [[Passed, failed()], [failed(), Passed]] {
        let mut records: Vec<_> = pair.into_iter().map(core).collect();
        records.extend([pattern(Passed), stretch(Passed)]);
        let verdict = Verdict::of(ran(records, End::Exited(101)));
        assert!(matches!(verdict, Verdict::Failed(_)));
    }
}
