use checker::book::{Change, Rebuilds};
use checker::progress;
use checker::quiz::Answers;

use crate::course::Fixture;

#[test]
fn a_changed_file_is_named_and_its_page_is_new() {
    let fixture = Fixture::new();
    let (mut rebuilds, first) = Rebuilds::start(&fixture.course()).expect("in order");
    assert!(rebuilds.look().is_none(), "nothing has changed");

    fixture.write("src/other.md", "# Other\n\nA new sentence.\n");
    let Some(Change::Rebuilt { file, site }) = rebuilds.look() else {
        panic!("the change was not seen");
    };
    assert_eq!(file.to_str(), Some("src/other.md"));
    let text = |site: &checker::book::Site| {
        let page = site.get("/other.html").expect("a page");
        String::from_utf8_lossy(&page.bytes).into_owned()
    };
    assert!(text(&site).contains("A new sentence."));
    assert!(
        !text(&first).contains("A new sentence."),
        "the old one is kept until then"
    );
    assert!(rebuilds.look().is_none(), "a build is no change");
}

#[test]
fn a_broken_quiz_is_an_answer_not_the_end() {
    let fixture = Fixture::new();
    let (mut rebuilds, _) = Rebuilds::start(&fixture.course()).expect("in order");
    let good = fixture.read("quiz/pool.toml");

    fixture.write(
        "quiz/pool.toml",
        &good.replace("prompt.prompt", "prompt.promt"),
    );
    let Some(Change::Broken { file, error }) = rebuilds.look() else {
        panic!("the quiz is broken");
    };
    assert_eq!(file.to_str(), Some("quiz/pool.toml"));
    let error = format!("{error:#}");
    assert!(
        error.starts_with("src/pool.md:3: quiz/pool.toml:"),
        "{error}"
    );
    assert!(rebuilds.look().is_none(), "said once");

    fixture.write("quiz/pool.toml", &format!("{good}\n"));
    assert!(matches!(rebuilds.look(), Some(Change::Rebuilt { .. })));

    std::fs::remove_file(fixture.path("src/SUMMARY.md")).expect("writable");
    assert!(matches!(rebuilds.look(), Some(Change::Broken { .. })));
}

#[test]
fn what_is_recorded_in_the_terminal_is_seen() {
    let fixture = Fixture::new();
    let (mut rebuilds, _) = Rebuilds::start(&fixture.course()).expect("in order");
    let answers: Answers =
        serde_json::from_str(crate::server::RIGHT).expect("answers to the fixture's quiz");
    progress::record_quiz(&fixture.course(), "pool", &answers).expect("recorded");
    assert!(matches!(rebuilds.look(), Some(Change::Progress)));
    assert!(rebuilds.look().is_none());
}
