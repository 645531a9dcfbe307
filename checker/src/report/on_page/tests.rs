use record::report::{Failure, Outcome, Record, Rung, SCHEMA};
use record::timeline::{self, Lane, Moment, Span, Timeline, Unit};

use super::*;
use crate::process::End;
use crate::verdict::{CompileError, Ran};

const HOSTILE: &str = "</title><img src=x onerror=alert(1)>\"'<script>alert(1)</script>";

fn picture(words: &str) -> Timeline {
    Timeline {
        title: words.to_owned(),
        proves: words.to_owned(),
        unit: Unit::Steps,
        lanes: vec![Lane {
            name: words.to_owned(),
            spans: vec![Span {
                label: words.to_owned(),
                start: 0,
                end: Some(4),
                outcome: timeline::Outcome::Done,
                broken_rule: Some(words.to_owned()),
            }],
            waits: vec![],
            instants: vec![],
        }],
        moments: vec![Moment {
            label: words.to_owned(),
            at: 2,
        }],
        hand_overs: vec![],
        at_once: None,
        level: None,
    }
}

fn failed(words: &str, end: i32) -> Verdict {
    let record = |rung, test: &str, outcome| Record {
        schema: SCHEMA,
        lesson: "pool".to_owned(),
        rung,
        test: test.to_owned(),
        line: 1,
        outcome,
    };
    let failure = Failure {
        sentence: words.to_owned(),
        place: Some("exercises/tests/pool.rs:9".to_owned()),
        details: vec![words.to_owned()],
        timeline: Some(picture(words)),
    };
    Verdict::of(Ran {
        listed: Vec::new(),
        records: vec![
            record(Rung::Core, "a", Outcome::Passed),
            record(Rung::Pattern, "b", Outcome::Failed(failure)),
        ],
        end: End::Exited(end),
        output: String::new(),
        printed: String::new(),
        alone: Vec::new(),
    })
}

fn shown(verdict: Verdict, recorded: Recorded) -> OnPage {
    on_page(&Checked {
        lesson: "pool".parse().expect("a slug"),
        came_to: Ok((verdict, recorded)),
    })
}

#[test]
fn a_failure_has_its_rungs_its_sentence_and_its_picture() {
    let shown = shown(failed("4 jobs ran at once", 101), Recorded::Yes);
    assert!(!shown.passed);
    assert_eq!(shown.came_to, "not passed");
    assert_eq!(shown.rungs, ["core 1 of 1", "pattern 0 of 1"]);
    assert_eq!(shown.sentence, "4 jobs ran at once");
    assert_eq!(
        shown.details,
        "at exercises/tests/pool.rs:9\ntest pattern::b\n4 jobs ran at once"
    );
    let picture = shown.picture.expect("a recorded run");
    assert!(picture.starts_with("<figure"), "{picture}");
    assert!(picture.contains("id=\"run-pool-title\""), "{picture}");
}

#[test]
fn nothing_that_the_learners_code_says_becomes_an_element_or_an_attribute() {
    let shown = shown(failed(HOSTILE, 101), Recorded::Yes);
    assert_eq!(
        shown.sentence, HOSTILE,
        "text, which the page shows as text"
    );
    let picture = shown.picture.expect("a recorded run");
    let parsed = roxmltree::Document::parse(&picture).expect("well-formed");
    for node in parsed.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        assert!(
            !["img", "script", "a", "foreignObject"].contains(&name),
            "{name}"
        );
        for attribute in node.attributes() {
            assert!(!attribute.name().starts_with("on"), "{attribute:?}");
            assert_ne!(attribute.name(), "style");
        }
    }
    let titles = parsed
        .descendants()
        .filter(|node| node.has_tag_name("title"));
    assert!(
        titles
            .filter_map(|node| node.text())
            .any(|text| text == HOSTILE)
    );
}

#[test]
fn the_compilers_words_stand_alone() {
    let error = CompileError {
        place: Some(("exercises/src/pool.rs".into(), 7)),
        rendered: "error[E0308]: mismatched types\n".to_owned(),
        more: 0,
    };
    let shown = shown(Verdict::DidNotCompile(error), Recorded::Yes);
    assert_eq!(shown.came_to, "does not compile");
    assert_eq!(shown.details, "error[E0308]: mismatched types");
    assert_eq!((shown.rungs.len(), shown.sentence.as_str()), (0, ""));
}

#[test]
fn a_race_is_no_pass_and_a_run_without_a_verdict_says_why() {
    let passed = |recorded| shown(all_passed(), recorded);
    assert!(passed(Recorded::Yes).passed);
    let race = passed(Recorded::Unsteady);
    assert!(!race.passed);
    assert_eq!(race.came_to, "passes on some runs only: a race");
    let none = on_page(&Checked {
        lesson: "pool".parse().expect("a slug"),
        came_to: Err("tests/pool.rs is missing".to_owned()),
    });
    assert_eq!(none.came_to, "not checked");
    assert_eq!(none.details, "tests/pool.rs is missing");
}

fn all_passed() -> Verdict {
    Verdict::of(Ran {
        listed: Vec::new(),
        records: vec![Record {
            schema: SCHEMA,
            lesson: "pool".to_owned(),
            rung: Rung::Core,
            test: "a".to_owned(),
            line: 1,
            outcome: Outcome::Passed,
        }],
        end: End::Exited(0),
        output: String::new(),
        printed: String::new(),
        alone: Vec::new(),
    })
}

#[test]
fn the_references_run_is_drawn_to_the_same_axis() {
    let checked = Checked {
        lesson: "pool".parse().expect("a slug"),
        came_to: Ok((failed("too many", 101), Recorded::Yes)),
    };
    let comparison = Comparison::of(&checked).expect("it failed with a picture");
    assert_eq!(comparison.record.test, "b");
    let mut shown = on_page(&checked);
    let alone = shown.picture.clone();
    let mut longer = picture("too many");
    longer.lanes[0].spans[0].end = Some(40);
    comparison.add(&longer, &mut shown);
    // Where each stands, left to right: a remark below a bar makes the picture higher.
    let ticks = |svg: &Option<String>| -> Vec<String> {
        let svg = svg.as_deref().expect("drawn");
        let grid = svg.split("<line class=\"grid\" x1=\"").skip(1);
        grid.filter_map(|rest| rest.split_once('"'))
            .map(|(x, _)| x.to_owned())
            .collect()
    };
    assert_eq!(ticks(&shown.picture), ticks(&shown.reference));
    assert_ne!(ticks(&shown.picture), ticks(&alone));
}

#[test]
fn without_a_picture_there_is_nothing_to_compare() {
    let checked = Checked {
        lesson: "pool".parse().expect("a slug"),
        came_to: Err("no cargo".to_owned()),
    };
    assert_eq!(Comparison::of(&checked), None);
}
