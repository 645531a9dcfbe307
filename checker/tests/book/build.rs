use checker::book::Edition;
use std::process::Command;

use mdbook_driver::MDBook;

use crate::course::Fixture;

#[test]
fn the_built_chapter_holds_the_quiz_and_its_assets() {
    let fixture = Fixture::new();
    let built = fixture.build().expect("the course is in order");
    assert_eq!(built.chapters, 3);
    let page = fixture.read("book/pool.html");
    assert_eq!(page.matches("<form class=\"question\"").count(), 4);
    assert!(
        page.contains("<p>The end.</p>"),
        "the Markdown after the quiz is rendered"
    );
    assert!(
        page.contains("<script src=\"quiz-"),
        "the script comes with the page"
    );
    let blank = "use std::sync::mpsc::sync_channel;\n\nfn main()";
    assert!(page.contains(blank), "programs keep their blank lines");
}

#[test]
#[cfg(unix)]
fn an_editors_mark_of_unsaved_changes_stops_no_build() {
    let fixture = Fixture::new();
    fixture.write("src/pictures/one.svg", "<svg/>");
    fixture.build().expect("the course is in order");
    let page = fixture.read("book/pool.html");
    for mark in ["src/.#pool.md", "src/pictures/.#one.svg"] {
        std::os::unix::fs::symlink("somebody@somewhere.1234", fixture.path(mark)).expect("new");
    }
    fixture.build().expect("links to nowhere are left out");
    assert_eq!(fixture.read("book/pool.html"), page);
    assert_eq!(fixture.read("book/pictures/one.svg"), "<svg/>");
}

#[test]
fn stock_mdbook_builds_the_same_pages_through_the_command() {
    let fixture = Fixture::new();
    fixture.build().expect("the course is in order");
    let ours = fixture.read("book/pool.html");
    MDBook::load(fixture.path(""))
        .and_then(|book| book.build())
        .expect("the preprocessor answers mdBook");
    assert_eq!(fixture.read("book/pool.html"), ours);
}

#[test]
fn what_is_wrong_is_said_with_file_and_line() {
    for (file, text, says) in [
        (
            "src/pool.md",
            "# Pool\n\n{{#quiz poll}}\n",
            "src/pool.md:3: there is no lesson `poll`. Did you mean `pool`?",
        ),
        (
            "src/other.md",
            "{{#quiz other}}\n",
            "src/other.md:1: quiz/other.toml does not exist; write it, or take the directive out",
        ),
        (
            "src/other.md",
            "# Other\n\nText {{#quiz pool}}\n",
            "src/other.md:3: write `{{#quiz worker_pool}}`, alone on its line",
        ),
        (
            "quiz/pool.toml",
            "\n\n[[question]]\n",
            "src/pool.md:3: quiz/pool.toml:3: ",
        ),
        (
            "src/other.md",
            "# Other\n\n{{#include no.rs}}\n",
            "other.html: `{{#include no.rs}}` was left in the page.",
        ),
        (
            "src/SUMMARY.md",
            "# Summary\n\n- [Gone](gone.md)\n",
            "gone.md",
        ),
    ] {
        let fixture = Fixture::new();
        fixture.write(file, text);
        let error = format!("{:#}", fixture.build().unwrap_err());
        assert!(error.contains(says), "{says}\n{error}");
    }
}

#[test]
fn a_lesson_without_one_of_its_parts_does_not_build() {
    let whole = "# Pool\n\n{{#quiz pool}}\n\n## Aus Go { #from-go }\n\nGo.\n\n## Übung { #exercise }\n\nBau.\n\n\
                 ## Kurz { #takeaways }\n\n- Eins.\n";
    for (part, says) in [
        (
            " { #from-go }",
            "no heading with the id `from-go`; write `## From Go`, or in another language \
                           `## … { #from-go }`",
        ),
        (
            " { #exercise }",
            "no heading with the id `exercise`; write `## Exercise`",
        ),
        (
            " { #takeaways }",
            "no heading with the id `takeaways`; write `## Takeaways`",
        ),
        (
            "{{#quiz pool}}",
            "does not ask its quiz; write `{{#quiz pool}}`",
        ),
    ] {
        let fixture = Fixture::new();
        fixture.write("exercises/src/pool.rs", "");
        fixture.write("src/start.md", "# Start\n\n{{#takeaways}}\n");
        fixture.write("src/pool.md", whole);
        fixture.build().expect("nothing is missing");
        let page = fixture.read("book/pool.html");
        assert!(page.contains("data-exercise=\"pool\"") && page.contains("callout from-go"));
        assert!(fixture.read("book/start.html").contains("<li>Eins.</li>"));

        fixture.write("src/pool.md", &whole.replace(part, ""));
        let error = format!("{:#}", fixture.build().unwrap_err());
        assert!(error.starts_with("src/pool.md:1: this lesson "), "{error}");
        assert!(error.contains(says), "{says}\n{error}");
    }
}

#[test]
fn the_line_is_the_authors_although_a_file_was_included_above() {
    let fixture = Fixture::new();
    fixture.write("src/part.txt", "1\n2\n3\n4\n");
    fixture.write(
        "src/other.md",
        "{{#include part.txt}}\n\n{{#quiz nothing}}\n",
    );
    let error = format!("{:#}", fixture.build().unwrap_err());
    assert!(error.starts_with("src/other.md:3: "), "{error}");
}

#[test]
fn under_stock_mdbook_an_unknown_quiz_fails_the_build() {
    let fixture = Fixture::new();
    fixture.write("src/other.md", "{{#quiz nothing}}\n");
    let built = MDBook::load(fixture.path("")).and_then(|book| book.build());
    let error = format!("{:#}", built.unwrap_err());
    assert!(
        error.contains("\"checker\" preprocessor exited unsuccessfully"),
        "{error}"
    );
}

#[test]
fn stock_mdbook_does_not_ship_raw_directives_when_the_checker_does_not_compile() {
    let fixture = Fixture::new();
    let book = fixture
        .read("book.toml")
        .replace(" preprocess'", " no-such-verb'");
    fixture.write("book.toml", &book);
    let built = MDBook::load(fixture.path("")).and_then(|book| book.build());
    assert!(
        built.is_err(),
        "mdBook takes a failed `supports` for a no; `renderers` prevents that"
    );
}

#[test]
fn the_command_line_builds_and_says_where() {
    let fixture = Fixture::new();
    let checker = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_checker"))
            .args(args)
            .current_dir(fixture.path("src"))
            .output()
            .expect("the checker starts")
    };
    let output = checker(&["build"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{output:?}");
    assert!(said.starts_with("Built 3 chapters into "), "{said}");
    assert!(fixture.path("book/index.html").is_file());

    assert!(
        checker(&["preprocess", "supports", "html"])
            .status
            .success()
    );
    assert!(
        !checker(&["preprocess", "supports", "latex"])
            .status
            .success()
    );

    fixture.write("src/other.md", "{{#quiz nothing}}\n");
    let refused = checker(&["build"]);
    assert_eq!(refused.status.code(), Some(2), "bad input: {refused:?}");

    let garbage = checker(&["preprocess"]);
    let said = String::from_utf8_lossy(&garbage.stderr).into_owned();
    assert!(
        !garbage.status.success() && said.contains("mdBook 0.5"),
        "{said}"
    );
}

#[test]
fn notes_are_for_trainers_alone_and_name_mistakes_that_are_there() {
    let fixture = Fixture::new();
    fixture.write("src/notes/pool.md", "# Notes\n\n{{#mistake pool locks}}\n");
    fixture.build().expect("in order");
    assert!(!fixture.path("book/notes/pool.html").exists());

    let trainers = || {
        let out = fixture.path("trainers");
        checker::book::build(&fixture.course(), Edition::Trainers, &out)
    };
    let error = format!("{:#}", trainers().unwrap_err());
    let says = "there is no solutions/wrong/pool/locks.rs";
    assert!(error.contains(says), "{error}");

    fixture.write(
        "solutions/wrong/pool/locks.rs",
        "//! Mistake: works under the lock.\n//! Rejected by: core::a\n\
         //! Learner sees: one job at a time\n",
    );
    trainers().expect("in order");
    let notes = fixture.read("trainers/notes/pool.html");
    assert!(notes.contains("one job at a time"), "{notes}");
    assert!(notes.contains("cargo checker mistakes pool locks --spoil"));
    let agendas = fixture.read("trainers/notes/agendas.html");
    assert!(agendas.contains("Two days"));
}
