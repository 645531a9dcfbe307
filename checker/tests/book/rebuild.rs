use std::time::Duration;

use checker::book::{Change, Edition, Rebuilds, Site};
use checker::progress;
use checker::quiz::Answers;

use crate::course::Fixture;

/// Looks until there is something to see.
fn next(rebuilds: &mut Rebuilds) -> Change {
    loop {
        if let Some(change) = rebuilds.look() {
            return change;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn text(site: &Site, page: &str) -> String {
    let page = site.get(page).expect("a page");
    String::from_utf8_lossy(&page.bytes).into_owned()
}

#[test]
fn the_page_of_a_changed_chapter_is_new_at_once_and_the_rest_follows() {
    let fixture = Fixture::new();
    let (mut rebuilds, mut shown) =
        Rebuilds::start(&fixture.course(), Edition::Learners).expect("in order");
    assert!(rebuilds.look().is_none(), "nothing has changed");

    for (source, page) in [("src/other.md", "/other.html"), ("src/start.md", "/")] {
        let new = format!("A new sentence in {source}.");
        let changed = format!("{}\n{new}\n", fixture.read(source));
        fixture.write(source, &changed);
        let Some(Change::Page { file, pages }) = rebuilds.look() else {
            panic!("the change was not seen");
        };
        assert_eq!(file.to_str(), Some(source));
        let before = shown.version(page);
        let other = shown.version("/pool.html");
        shown.replace(pages);
        assert!(text(&shown, page).contains(&new));
        assert_ne!(shown.version(page), before);
        assert_eq!(shown.version("/pool.html"), other);

        let Change::Followed(site) = next(&mut rebuilds) else {
            panic!("the rest did not follow");
        };
        for same in ["/", "/start.html", "/pool.html", "/other.html", "/toc.js"] {
            assert_eq!(text(&site, same), text(&shown, same), "{same}");
        }
        assert!(text(&site, "/print.html").contains(&new));
        assert!(!text(&shown, "/print.html").contains(&new));
        assert!(rebuilds.look().is_none(), "a build is no change");
        shown = site;
    }
}

#[test]
fn what_is_saved_while_the_rest_follows_is_in_the_book_that_comes_of_it() {
    let fixture = Fixture::new();
    let (mut rebuilds, _) =
        Rebuilds::start(&fixture.course(), Edition::Learners).expect("in order");
    let mut newest = String::new();
    for round in 1..=3 {
        fixture.write("src/other.md", &format!("# Other\n\nRound {round}.\n"));
        assert!(matches!(rebuilds.look(), Some(Change::Page { .. })));
        // Enough looks for the rest to begin following.
        for _ in 0..20 {
            if let Some(Change::Followed(site)) = rebuilds.look() {
                newest = text(&site, "/print.html");
            }
        }
    }
    while !newest.contains("Round 3.") {
        let Change::Followed(site) = next(&mut rebuilds) else {
            panic!("nothing else has changed");
        };
        newest = text(&site, "/print.html");
    }
    assert!(rebuilds.look().is_none(), "nothing is left to follow");
}

#[test]
fn a_style_changes_every_page() {
    let fixture = Fixture::new();
    let (mut rebuilds, first) =
        Rebuilds::start(&fixture.course(), Edition::Learners).expect("in order");
    fixture.write("course.css", "p { color: red; }\n");
    let Some(Change::Rebuilt { file, site }) = rebuilds.look() else {
        panic!("the change was not seen");
    };
    assert_eq!(file.to_str(), Some("course.css"));
    assert_ne!(site.version("/pool.html"), first.version("/pool.html"));
    assert!(rebuilds.look().is_none(), "nothing is left to follow");
}

#[test]
fn a_broken_quiz_is_an_answer_not_the_end() {
    let fixture = Fixture::new();
    let (mut rebuilds, _) =
        Rebuilds::start(&fixture.course(), Edition::Learners).expect("in order");
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
    let (mut rebuilds, _) =
        Rebuilds::start(&fixture.course(), Edition::Learners).expect("in order");
    let answers: Answers =
        serde_json::from_str(crate::server::RIGHT).expect("answers to the fixture's quiz");
    progress::record_quiz(&fixture.course(), "pool", &answers).expect("recorded");
    assert!(matches!(rebuilds.look(), Some(Change::Progress)));
    assert!(rebuilds.look().is_none());
}
