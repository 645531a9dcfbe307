//! What is shown of solutions: the reference, other designs, and mistakes.

use std::fmt::Write as _;
use std::path::Path;

use record::report::Record;

use super::failure::failure;
use super::{Terminal, markdown};
use crate::course::Slug;
use crate::solutions::{KnownMistake, OtherDesign};

/// Why the answers are not shown yet; `verb` is the command that would show them.
pub fn would_spoil(slug: &Slug, verb: &str, terminal: &Terminal) -> String {
    let words = format!(
        "{} The exercise of {slug} has not passed, and this would give it away.\n\
         Next: `cargo checker check {slug}` says what is missing, `cargo checker hint {slug}` helps.\n\
         `cargo checker {verb} {slug} --spoil` shows it all the same.",
        terminal.no()
    );
    terminal.wrap(&words, "") + "\n"
}

/// Stands above a solution's program.
pub fn above_solution(path: &Path, sentence: Option<&str>, terminal: &Terminal) -> String {
    let mut shown = format!("{}\n", terminal.bold(&path.display().to_string()));
    if let Some(sentence) = sentence {
        shown.push_str(&markdown(sentence, terminal));
    }
    shown.push('\n');
    shown
}

/// Stands below a solution's program: what else there is to see. `shown_now` is the design that
/// stands above, unless that is the reference.
pub fn below_solution(
    slug: &Slug,
    designs: &[OtherDesign],
    shown_now: Option<&str>,
    terminal: &Terminal,
) -> String {
    let mut shown = String::new();
    let others = || {
        let others = designs.iter();
        others.filter(|design| Some(design.name.as_str()) != shown_now)
    };
    let width = others().map(|design| design.name.len()).max().unwrap_or(0);
    if width > 0 {
        let _ = writeln!(shown, "\n{}", terminal.bold("Other designs"));
        let mut narrow = *terminal;
        narrow.style.width = terminal.style.width.saturating_sub(width + 4).max(20);
        for design in others() {
            let text = markdown(&design.sentence, &narrow);
            let mut name = design.name.as_str();
            for line in text.lines() {
                let _ = writeln!(shown, "  {name:width$}  {line}");
                name = "";
            }
        }
        let _ = writeln!(
            shown,
            "\n`cargo checker solution {slug} <name>` shows one of them."
        );
    }
    let _ = writeln!(
        shown,
        "`cargo checker mistakes {slug}` shows what the tests reject, and why."
    );
    shown
}

/// All mistakes of a lesson, as they are known without running them.
pub fn mistakes(slug: &Slug, mistakes: &[KnownMistake], terminal: &Terminal) -> String {
    let mut shown = String::new();
    let mut narrow = *terminal;
    narrow.style.width = terminal.style.width.saturating_sub(INDENT.len()).max(20);
    for (number, mistake) in (1..).zip(mistakes) {
        let _ = writeln!(shown, "{number:3}  {}", terminal.bold(&mistake.name));
        indented(&mut shown, &sentence(&mistake.sentence, &narrow));
        let says = format!(
            "{}: {}",
            mistake.rejected_by,
            mistake.learner_sees.replace('…', "...")
        );
        for line in markdown(&says, &narrow).lines() {
            let _ = writeln!(shown, "{INDENT}{}", terminal.dim(line));
        }
        shown.push('\n');
    }
    let which = match mistakes.len() {
        1 => "1".to_owned(),
        last => format!("1 to {last}"),
    };
    let _ = writeln!(
        shown,
        "`cargo checker mistakes {slug} <{which}>` shows the run that gives one away.\n\
         Several numbers show several runs, `--all` shows all."
    );
    shown
}

/// One mistake, and the run that gives it away.
pub fn mistake(
    number: usize,
    mistake: &KnownMistake,
    run: Option<&Record>,
    terminal: &Terminal,
) -> String {
    let mut shown = String::new();
    let heading = format!("{number}. {}", mistake.name);
    let _ = writeln!(shown, "{}", terminal.bold(&heading));
    shown.push_str(&sentence(&mistake.sentence, terminal));
    let failed = run.filter(|record| record.outcome.failure().is_some());
    match failed {
        Some(record) => failure(&mut shown, record, None, terminal),
        // It depends on the order in which threads run, and this time they did not show it.
        None => {
            let _ = writeln!(
                shown,
                "\n{} This run did not give it away. {} would say: {}",
                terminal.no(),
                mistake.rejected_by,
                mistake.learner_sees
            );
        }
    }
    let path = format!("The program: {}", mistake.path.display());
    let _ = writeln!(shown, "\n{}\n", terminal.dim(&path));
    shown
}

const INDENT: &str = "     ";

fn indented(shown: &mut String, text: &str) {
    for line in text.lines() {
        let _ = writeln!(shown, "{INDENT}{line}");
    }
}

/// Heads begin as a remark does, in lower case; here it stands by itself.
fn sentence(text: &str, terminal: &Terminal) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    markdown(
        &format!("{}{}", first.unwrap_or_default(), chars.as_str()),
        terminal,
    )
}

#[cfg(test)]
mod tests {
    use record::report::{Failure, Outcome, Rung, SCHEMA};

    use super::*;

    fn slug() -> Slug {
        "pool".parse().expect("a slug")
    }

    fn known() -> KnownMistake {
        KnownMistake {
            name: "no_join".to_owned(),
            path: "solutions/wrong/pool/no_join.rs".into(),
            sentence: "drops the pool without joining its workers.".to_owned(),
            rejected_by: "pattern::drop_waits".to_owned(),
            learner_sees: "drop(pool) returned while … of 4 jobs had not finished".to_owned(),
        }
    }

    #[test]
    fn mistakes_are_listed_with_what_the_tests_say() {
        assert_eq!(
            mistakes(&slug(), &[known()], &Terminal::plain()),
            "  1  no_join
     Drops the pool without joining its workers.
     pattern::drop_waits: drop(pool) returned while ... of 4 jobs had not
     finished

`cargo checker mistakes pool <1>` shows the run that gives one away.
Several numbers show several runs, `--all` shows all.
"
        );
    }

    #[test]
    fn a_mistake_is_shown_with_its_run() {
        let record = Record {
            schema: SCHEMA,
            lesson: "pool".to_owned(),
            rung: Rung::Pattern,
            test: "drop_waits".to_owned(),
            line: 1,
            outcome: Outcome::Failed(Failure {
                sentence: "drop(pool) returned while 3 of 4 jobs had not finished".to_owned(),
                place: Some("exercises/tests/pool.rs:9".to_owned()),
                details: Vec::new(),
                timeline: None,
            }),
        };
        assert_eq!(
            mistake(7, &known(), Some(&record), &Terminal::plain()),
            "7. no_join
Drops the pool without joining its workers.

x drop(pool) returned while 3 of 4 jobs had not finished
  at exercises/tests/pool.rs:9
  test pattern::drop_waits

The program: solutions/wrong/pool/no_join.rs

"
        );
        let shown = mistake(7, &known(), None, &Terminal::plain());
        assert!(shown.contains("This run did not give it away."), "{shown}");
    }

    #[test]
    fn the_design_that_is_shown_is_not_offered_again() {
        let design = |name: &str| OtherDesign {
            name: name.to_owned(),
            path: name.into(),
            sentence: "another one.".to_owned(),
        };
        let designs = [design("condvar"), design("crossbeam")];
        let shown = below_solution(&slug(), &designs, Some("condvar"), &Terminal::plain());
        assert!(!shown.contains("condvar") && shown.contains("  crossbeam  another one."));
        let none = below_solution(&slug(), &[], None, &Terminal::plain());
        assert!(!none.contains("Other designs"), "{none}");
    }
}
