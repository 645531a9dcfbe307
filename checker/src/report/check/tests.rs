use record::report::{Failure, Record, SCHEMA};

use super::*;
use crate::process::End;
use crate::report::Step;
use crate::verdict::{Alone, Ran};

fn failure(sentence: &str) -> Failure {
    Failure {
        sentence: sentence.to_owned(),
        place: Some("exercises/tests/pool.rs:9".to_owned()),
        details: vec!["worker 1 is in job 3".to_owned()],
        timeline: None,
    }
}

fn ran(outcomes: [Outcome; 4], end: End) -> Verdict {
    let [a, b, c, d] = outcomes;
    let tests = [
        (Rung::Core, "a", a),
        (Rung::Core, "b", b),
        (Rung::Pattern, "c", c),
        (Rung::Stretch, "d", d),
    ];
    let records = tests.map(|(rung, test, outcome)| Record {
        schema: SCHEMA,
        lesson: "pool".to_owned(),
        rung,
        test: test.to_owned(),
        line: 1,
        outcome,
    });
    Verdict::of(Ran {
        listed: Vec::new(),
        records: records.into(),
        end,
        output: String::new(),
        printed: String::new(),
        alone: Vec::new(),
    })
}

fn shown(verdict: &Verdict, recorded: Recorded) -> String {
    let slug: Slug = "pool".parse().expect("a slug");
    let quiz = Step::Quiz {
        lesson: slug.clone(),
    };
    let below = Below {
        recorded,
        onward: Onward::Step(quiz),
        by: By::Command,
        reference: Reference::There,
    };
    check(&slug, verdict, &below, &Terminal::plain())
}

#[test]
fn what_comes_next_is_what_is_left_and_what_this_copy_has() {
    let slug: Slug = "pool".parse().expect("a slug");
    let passed = ran([Passed, Passed, Passed, Passed], End::Exited(0));
    let below = |by, reference| Below {
        recorded: Recorded::Yes,
        onward: Onward::End,
        by,
        reference,
    };
    let said = |verdict, below: Below| check(&slug, verdict, &below, &Terminal::plain());
    let end = "Every lesson is complete: that was the course.";
    let shown = said(&passed, below(By::Command, Reference::There));
    let reference = "`cargo checker solution pool` shows the reference.";
    assert!(
        shown.ends_with(&format!("\n{end}\n{reference}\n")),
        "{shown}"
    );
    let shown = said(&passed, below(By::Command, Reference::LeftOut));
    assert!(shown.ends_with(&format!("\n{end}\n")), "{shown}");
    let failed = ran(
        [Passed, Failed(failure("too many")), Passed, Passed],
        End::Exited(101),
    );
    let shown = said(&failed, below(By::Watch, Reference::There));
    assert!(
        shown.ends_with("\nNext: change exercises/src/pool.rs and save it.\n"),
        "{shown}"
    );
}

use Outcome::{Failed, Passed};

#[test]
fn the_first_failure_stands_in_full_and_the_others_are_counted() {
    let outcomes = [
        Passed,
        Failed(failure("4 jobs ran at once, but the pool has 3 workers")),
        Failed(failure("another")),
        Failed(failure("and another")),
    ];
    let verdict = ran(outcomes, End::Exited(101));
    assert_eq!(
        shown(&verdict, Recorded::Yes),
        "\
x pool: not passed

  core      1 of  2  +x
  pattern   0 of  1  x
  stretch   0 of  1  x

x 4 jobs ran at once, but the pool has 3 workers
  at exercises/tests/pool.rs:9
  test core::b
  worker 1 is in job 3

2 more tests do not pass: 1 in pattern, 1 in stretch.

Next: change exercises/src/pool.rs, then `cargo checker check pool`.
"
    );
}

#[test]
fn a_pass_without_stretch_says_what_stretch_is() {
    let outcomes = [Passed, Passed, Passed, Failed(failure("no"))];
    let verdict = ran(outcomes, End::Exited(101));
    let shown = shown(&verdict, Recorded::Yes);
    assert!(shown.starts_with("+ pool: passed\n"), "{shown}");
    assert!(shown.contains("\nx no\n"), "{shown}");
    assert!(
        shown.ends_with(
            "\nCore and pattern complete the exercise; stretch is a mark of its own.\n\
             Next: `cargo checker quiz pool`, or `cargo checker status`.\n\
             `cargo checker solution pool` shows the reference.\n"
        ),
        "{shown}"
    );
}

#[test]
fn a_race_is_not_a_pass() {
    let verdict = ran([Passed, Passed, Passed, Passed], End::Exited(0));
    let shown = shown(&verdict, Recorded::Unsteady);
    assert!(
        shown
            .replace('\n', " ")
            .contains("a race. It does not count as passed."),
        "{shown}"
    );
}

#[test]
fn a_crash_says_how_and_before_what() {
    let mut outcomes = Vec::from([Passed, Failed(failure("earlier")), Passed, Passed]);
    outcomes.truncate(2);
    let records = outcomes
        .into_iter()
        .zip(["a", "b"])
        .map(|(outcome, test)| Record {
            schema: SCHEMA,
            lesson: "pool".to_owned(),
            rung: Rung::Core,
            test: test.to_owned(),
            line: 1,
            outcome,
        });
    let verdict = Verdict::of(Ran {
        listed: vec![
            "core::a".into(),
            "core::b".into(),
            "stretch::it_aborts".into(),
        ],
        records: records.collect(),
        end: End::Signalled(6),
        output: "thread panicked\n\nprocess abort\n".to_owned(),
        printed: String::new(),
        alone: Vec::new(),
    });
    let shown = shown(&verdict, Recorded::Yes);
    for words in [
        "x pool: crashed\n",
        "  stretch   0 of  1  ?\n",
        "ended by signal 6 (SIGABRT",
        "before 1 of its tests had reported",
        "    it_aborts\n",
        "    process abort\n",
        "  Before that: earlier\n",
    ] {
        assert!(shown.contains(words), "no `{words}` in:\n{shown}");
    }
}

#[test]
fn a_test_that_aborts_is_named_with_its_last_panic() {
    let alone = |path: &str, end, output: &str| Alone {
        path: path.to_owned(),
        end,
        output: output.to_owned(),
    };
    let passed = Record {
        schema: SCHEMA,
        lesson: "pool".to_owned(),
        rung: Rung::Core,
        test: "a".to_owned(),
        line: 1,
        outcome: Passed,
    };
    let verdict = Verdict::of(Ran {
        listed: vec!["core::a".into(), "pattern::b".into()],
        records: vec![passed],
        end: End::Signalled(6),
        output: "of all\n".to_owned(),
        printed: String::new(),
        alone: vec![
            alone("core::a", End::Exited(0), ""),
            alone(
                "pattern::b",
                End::Signalled(6),
                "thread 'b' (7) panicked at exercises/tests/pool.rs:9:5:\n1 job is lost\n\
                 thread 'b' (7) panicked at exercises/src/pool.rs:61:34:\nno worker\n\
                 thread 'b' (7) panicked at library/core/src/panicking.rs:233:5:\n\
                 panic in a destructor during cleanup\n",
            ),
        ],
    });
    assert_eq!(
        shown(&verdict, Recorded::Yes),
        "\
x pool: crashed

  core      1 of  1  +
  pattern   0 of  1  ?

x `b` aborts the test program
  at exercises/src/pool.rs:61
  test pattern::b
  panicked at exercises/tests/pool.rs:9:
    1 job is lost
  panicked at exercises/src/pool.rs:61:
    no worker

  A panic while another panic unwinds aborts the whole process. So does one in a
  destructor, when that runs because of a panic: `drop` must not panic.

It took the other tests with it, so each of those ran in a process of its own.

Next: change exercises/src/pool.rs, then `cargo checker check pool`.
"
    );
}

#[test]
fn another_lessons_error_is_named_and_shown() {
    let verdict = Verdict::Blocked(CompileError {
        place: Some(("exercises/src/channels.rs".into(), 7)),
        rendered: "error[E0308]: mismatched types\n".to_owned(),
        more: 1,
    });
    assert_eq!(
        shown(&verdict, Recorded::Yes),
        "\
x channels.rs does not compile, so no lesson can be checked

error[E0308]: mismatched types

1 more error follows: `cargo check -p exercises` shows them all.

Nothing was recorded.
Next: mend exercises/src/channels.rs:7, then `cargo checker check pool`.
"
    );
}

#[test]
fn tests_that_do_not_compile_say_what_they_go_by() {
    let verdict = Verdict::DidNotCompile(CompileError {
        place: Some(("exercises/tests/pool.rs".into(), 7)),
        rendered: "error[E0061]: too few arguments\n".to_owned(),
        more: 0,
    });
    let shown = shown(&verdict, Recorded::Yes);
    assert!(shown.starts_with("x pool: does not compile\n"), "{shown}");
    assert!(
        shown.contains("exercises/src/pool.rs as its documentation says"),
        "{shown}"
    );
}
