mod schema;

use record::report::{Failure, Outcome, Record, Rung};

use super::*;
use crate::course::Lesson;
use crate::process::End;
use crate::progress::Score;
use crate::quiz::QuestionId;
use crate::verdict::{CompileError, Ran};

fn ran(outcomes: &[(Rung, &str, Outcome)], end: End) -> Verdict {
    let records = outcomes.iter().map(|(rung, test, outcome)| Record {
        schema: record::report::SCHEMA,
        lesson: "any".to_owned(),
        rung: *rung,
        test: (*test).to_owned(),
        line: 1,
        outcome: outcome.clone(),
    });
    Verdict::of(Ran {
        listed: vec!["pattern::never_heard_of".to_owned()],
        records: records.collect(),
        end,
        output: String::new(),
        printed: String::new(),
        alone: Vec::new(),
    })
}

fn failure(sentence: &str) -> Failure {
    Failure {
        sentence: sentence.to_owned(),
        place: Some("exercises/tests/pool.rs:9".to_owned()),
        details: vec!["worker 1 is in job 3".to_owned()],
        timeline: None,
    }
}

fn entry(slug: &str, quiz: QuizState, came_to: Option<Result<Verdict, String>>) -> Entry {
    Entry {
        lesson: Lesson {
            slug: slug.parse().expect("a slug"),
            title: slug.to_uppercase(),
            part: Some("Threads".to_owned()),
            exercise: match came_to {
                Some(_) => ExerciseKind::Program,
                None => ExerciseKind::None,
            },
        },
        quiz,
        questions: vec![Asked {
            question: QuestionId("who-waits".to_owned()),
            first: Some(false),
            last: None,
        }],
        exercise: came_to.map(|came_to| Exercise {
            came_to,
            runs: 2,
            unsteady: slug == "race",
            took: Duration::from_millis(1500),
        }),
    }
}

const PASSED: QuizState = QuizState::Passed {
    at: Time(7),
    score: Score { correct: 4, of: 5 },
    changed: false,
};

/// A lesson for each of the ways in which it can end.
fn document() -> Document {
    let passed = |test| (Rung::Core, test, Outcome::Passed);
    let pass = || {
        let pattern = (Rung::Pattern, "never_heard_of", Outcome::Passed);
        ran(&[passed("a"), pattern], End::Exited(0))
    };
    let sentence = "4 jobs ran at once, but <the \"pool\"> has 3 & \x1b[1mno\x1b[0m more\0";
    let failed = ran(
        &[
            passed("a"),
            (Rung::Core, "b", Outcome::Failed(failure(sentence))),
            (Rung::Pattern, "never_heard_of", Outcome::Passed),
            (Rung::Stretch, "c", Outcome::TimedOut(failure("too slow"))),
        ],
        End::Exited(101),
    );
    let error = || CompileError {
        place: Some(("exercises/src/bad.rs".into(), 7)),
        rendered: "\x1b[1merror[E0308]\x1b[0m: mismatched types\n ```\n".to_owned(),
        more: 0,
    };
    let not_written = Outcome::NotWritten(failure("not written yet: new"));
    let begun = ran(
        &[
            (Rung::Core, "a", not_written.clone()),
            (Rung::Pattern, "never_heard_of", not_written),
        ],
        End::Exited(101),
    );
    Document {
        made_at: Time(1_000),
        learner: Some("Ann".to_owned()),
        lessons: vec![
            entry("pool", PASSED, Some(Ok(pass()))),
            entry("race", PASSED, Some(Ok(pass()))),
            entry(
                "broken",
                QuizState::NotPassed {
                    at: Time(8),
                    score: Score { correct: 2, of: 5 },
                },
                Some(Ok(failed)),
            ),
            entry(
                "stuck",
                QuizState::NotTried,
                Some(Ok(ran(&[passed("a")], End::OutOfTime))),
            ),
            entry(
                "dead",
                QuizState::NotTried,
                Some(Ok(ran(&[passed("a")], End::Signalled(6)))),
            ),
            entry(
                "loud",
                QuizState::NotTried,
                Some(Ok(ran(&[], End::TooMuchOutput))),
            ),
            entry(
                "bad",
                QuizState::NotTried,
                Some(Ok(Verdict::DidNotCompile(error()))),
            ),
            entry(
                "blocked",
                QuizState::NotTried,
                Some(Ok(Verdict::Blocked(error()))),
            ),
            entry("begun", QuizState::NotTried, Some(Ok(begun))),
            entry(
                "gone",
                QuizState::None,
                Some(Err("tests/gone.rs is missing".to_owned())),
            ),
            entry("choosing", PASSED, None),
        ],
        refused: vec![RefusedReceipt {
            receipt: "receipts/<torn>.json".to_owned(),
            why: "receipts/<torn>.json:1: this is no receipt: EOF;\ncopy it".to_owned(),
        }],
    }
}

#[test]
fn the_json_is_what_its_schema_says() {
    let schema = serde_json::from_str(JSON_SCHEMA).expect("JSON");
    let json = report_json(&document());
    let none: [String; 0] = [];
    assert_eq!(schema::faults(&schema, &json), none);
    assert_eq!(json["schema"], SCHEMA);
    assert_eq!(json["summary"]["complete"], 2, "{:#}", json["summary"]);
    let verdicts: Vec<_> = (0..10)
        .map(|n| json["lessons"][n]["exercise"]["verdict"].as_str())
        .collect();
    let expected = [
        "passed",
        "unsteady",
        "failed",
        "hung",
        "crashed",
        "flooded",
        "did_not_compile",
        "blocked",
        "not_started",
        "not_checked",
    ];
    assert_eq!(verdicts, expected.map(Some));
    for (place, wrong) in [
        ("/schema", (SCHEMA + 1).into()),
        ("/lessons/0/slug", "No Slug".into()),
        ("/lessons/0/quiz/state", "none".into()),
        ("/lessons/0/exercise/tests/0/outcome", "fine".into()),
        ("/summary", serde_json::json!({})),
    ] {
        let mut json = json.clone();
        *json.pointer_mut(place).expect("it is there") = wrong;
        assert_ne!(schema::faults(&schema, &json), none, "{place}");
    }
}

#[test]
fn the_junit_is_well_formed_whatever_was_said() {
    let xml = report_junit(&document());
    let parsed = roxmltree::Document::parse(&xml).expect("XML");
    let root = parsed.root_element();
    let cases = root
        .descendants()
        .filter(|node| node.has_tag_name("testcase"));
    assert_eq!(root.attribute("tests"), Some(&*cases.count().to_string()));
    let count = |tag| {
        let nodes = root.descendants().filter(|node| node.has_tag_name(tag));
        nodes.count().to_string()
    };
    assert_eq!(root.attribute("failures"), Some(&*count("failure")));
    assert_eq!(root.attribute("errors"), Some(&*count("error")));
    assert_eq!(root.attribute("skipped"), Some(&*count("skipped")));
    insta::assert_snapshot!(xml);
}

#[test]
fn the_markdown_has_a_table_and_what_stands_in_the_way() {
    insta::assert_snapshot!(report_markdown(&document()));
}
