//! What `check` shows of several lessons: a line each.

use std::fmt::Write as _;

use record::report::Rung;

use super::{Recorded, Terminal, markdown};
use crate::course::Slug;
use crate::verdict::{CompileError, Rungs, Verdict};

/// A lesson that was checked with others.
#[derive(Debug)]
pub struct Checked {
    /// The lesson.
    pub lesson: Slug,
    /// Its verdict and what became of that in the log, or why there is none.
    pub came_to: Result<(Verdict, Recorded), String>,
}

impl Checked {
    /// Whether the exercise counts as passed.
    pub fn passed(&self) -> bool {
        matches!(self.came_to, Ok((Verdict::Passed(_), Recorded::Yes)))
    }
}

/// A line for each lesson, what stands in the way of several once, and what to do next.
pub fn check_all(checked: &[Checked], terminal: &Terminal) -> String {
    let slugs = checked.iter().map(|one| one.lesson.as_str().len());
    let width = slugs.max().unwrap_or(0);
    let mut shown = String::new();
    for one in checked {
        let (mark, words) = line(one, terminal);
        let room = terminal.style.width.saturating_sub(width + 4).max(20);
        let _ = writeln!(shown, "{mark} {:width$}  {}", one.lesson, cut(&words, room));
    }
    if let Some((error, blocked)) = what_blocks(checked) {
        let place = error.place.as_ref().map_or_else(
            || "another file".to_owned(),
            |(file, line)| format!("{}:{line}", file.display()),
        );
        let lessons = match blocked {
            1 => "1 lesson".to_owned(),
            many => format!("{many} lessons"),
        };
        let why = format!(
            "All exercises are one crate, and {place} does not compile: {lessons} could not be \
             checked."
        );
        let _ = writeln!(
            shown,
            "\n{}\n{}",
            markdown(&why, terminal),
            error.rendered.trim_end()
        );
    }
    let passed = checked.iter().filter(|one| one.passed()).count();
    let _ = writeln!(shown, "\n{passed} of {} passed", checked.len());
    if let Some(first) = checked.iter().find(|one| is_worth_a_look(one)) {
        let _ = writeln!(shown, "Next: `cargo checker check {}`.", first.lesson);
    } else if let Some(first) = checked.iter().find(|one| !one.passed()) {
        let lesson = &first.lesson;
        let _ = writeln!(
            shown,
            "Next: read src/{lesson}.md, write exercises/src/{lesson}.rs, then \
             `cargo checker check {lesson}`."
        );
    }
    shown
}

/// What one lesson came to, in a line of at most `terminal`'s width.
pub fn check_line(checked: &Checked, terminal: &Terminal) -> String {
    let (mark, words) = line(checked, terminal);
    let lesson = &checked.lesson;
    let room = terminal
        .style
        .width
        .saturating_sub(lesson.as_str().len() + 4);
    format!("{mark} {lesson}: {}", cut(&words, room.max(20)))
}

/// What shows while `running` are: at most `width` columns.
pub fn running(done: usize, of: usize, running: &[Slug], width: usize) -> String {
    let names: Vec<&str> = running.iter().map(Slug::as_str).collect();
    let line = match names.as_slice() {
        [] => format!("{done} of {of} checked"),
        names => format!("{done} of {of} checked, running {}", names.join(", ")),
    };
    cut(&line, width)
}

/// Started, and not passed: there is something to see.
fn is_worth_a_look(one: &Checked) -> bool {
    match &one.came_to {
        Ok((Verdict::NotStarted(_) | Verdict::Blocked(_), _)) => false,
        Ok(_) => !one.passed(),
        Err(_) => true,
    }
}

fn line(one: &Checked, terminal: &Terminal) -> (String, String) {
    let (verdict, recorded) = match &one.came_to {
        Ok(came_to) => came_to,
        Err(why) => {
            return (
                terminal.no(),
                why.lines().next().unwrap_or_default().to_owned(),
            );
        }
    };
    match recorded {
        Recorded::Unsteady => {
            let words = "passes on some runs only: a race";
            return (terminal.no(), words.to_owned());
        }
        Recorded::FilesChanged => {
            let words = "changed while its tests ran, so nothing was recorded";
            return (terminal.no(), words.to_owned());
        }
        Recorded::Yes => {}
    }
    let no = |words: String| (terminal.no(), words);
    match verdict {
        Verdict::Passed(report) if report.rungs().stretch_passed() => {
            (terminal.yes(), "passed, with stretch".to_owned())
        }
        Verdict::Passed(_) => (terminal.yes(), "passed".to_owned()),
        Verdict::NotStarted(_) => (terminal.open(), "not started".to_owned()),
        Verdict::Failed(report) | Verdict::RejectedForTheWrongReason(report) => {
            no(format!("{}: {}", rungs(report.rungs()), sentence(verdict)))
        }
        Verdict::Hung(_) => no(format!("hangs: {}", sentence(verdict))),
        Verdict::Crashed(report, _) => no(match report.crashes.first() {
            Some(crash) => format!("crashes: in `{}`", crash.test),
            None => "crashes".to_owned(),
        }),
        Verdict::Flooded(_) => no("prints without end".to_owned()),
        Verdict::DidNotCompile(error) => no(match headline(error) {
            Some(headline) => format!("does not compile: {headline}"),
            None => "does not compile".to_owned(),
        }),
        Verdict::Blocked(_) => (terminal.open(), "not checked, see below".to_owned()),
    }
}

fn rungs(rungs: Rungs) -> String {
    let (core, pattern) = (rungs.tally(Rung::Core), rungs.tally(Rung::Pattern));
    format!(
        "core {} of {}, pattern {} of {}",
        core.passed, core.of, pattern.passed, pattern.of
    )
}

fn sentence(verdict: &Verdict) -> &str {
    let record = verdict.report().and_then(|report| report.first_failure());
    let failure = record.and_then(|record| record.outcome.failure());
    failure.map_or("stopped at the time limit", |failure| &failure.sentence)
}

/// The first line of the compiler's words, without colours.
fn headline(error: &CompileError) -> Option<String> {
    let first = error
        .rendered
        .lines()
        .find(|line| !line.trim().is_empty())?;
    let mut plain = String::new();
    let mut chars = first.chars();
    while let Some(c) = chars.next() {
        if c == '\x1b' {
            chars.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(c);
        }
    }
    Some(plain)
}

/// The first error that blocks lessons, and how many it blocks.
fn what_blocks(checked: &[Checked]) -> Option<(&CompileError, usize)> {
    let mut errors = checked.iter().filter_map(|one| match &one.came_to {
        Ok((Verdict::Blocked(error), _)) => Some(error),
        _ => None,
    });
    let first = errors.next()?;
    Some((first, 1 + errors.count()))
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let cut: String = text.chars().take(width.saturating_sub(3)).collect();
    format!("{cut}...")
}

#[cfg(test)]
mod tests {
    use record::report::{Failure, Outcome, Record, SCHEMA};

    use super::*;
    use crate::process::End;
    use crate::verdict::Ran;

    fn verdict(outcome: Outcome, end: i32) -> Verdict {
        Verdict::of(Ran {
            listed: Vec::new(),
            records: vec![Record {
                schema: SCHEMA,
                lesson: "any".to_owned(),
                rung: Rung::Core,
                test: "a".to_owned(),
                line: 1,
                outcome,
            }],
            end: End::Exited(end),
            output: String::new(),
            printed: String::new(),
            alone: Vec::new(),
        })
    }

    fn failure(sentence: &str) -> Failure {
        Failure {
            sentence: sentence.to_owned(),
            place: None,
            details: Vec::new(),
            timeline: None,
        }
    }

    fn checked(lesson: &str, came_to: Result<(Verdict, Recorded), String>) -> Checked {
        Checked {
            lesson: lesson.parse().expect("a slug"),
            came_to,
        }
    }

    #[test]
    fn each_lesson_has_a_line_and_the_first_failure_is_next() {
        let yes = Recorded::Yes;
        let all = [
            checked("pool", Ok((verdict(Outcome::Passed, 0), yes))),
            checked(
                "pipeline",
                Ok((verdict(Outcome::NotWritten(failure("x")), 101), yes)),
            ),
            checked(
                "bucket",
                Ok((
                    verdict(Outcome::Failed(failure("2 tokens are missing")), 101),
                    yes,
                )),
            ),
            checked(
                "race",
                Ok((verdict(Outcome::Passed, 0), Recorded::Unsteady)),
            ),
            checked("gone", Err("tests/gone.rs is missing\nmore".to_owned())),
        ];
        assert_eq!(
            check_all(&all, &Terminal::plain()),
            "\
+ pool      passed
. pipeline  not started
x bucket    core 0 of 1, pattern 0 of 0: 2 tokens are missing
x race      passes on some runs only: a race
x gone      tests/gone.rs is missing

1 of 5 passed
Next: `cargo checker check bucket`.
"
        );
    }

    #[test]
    fn what_blocks_all_is_shown_once() {
        let error = CompileError {
            place: Some(("exercises/src/pool.rs".into(), 7)),
            rendered: "\x1b[1merror[E0308]\x1b[0m: mismatched types\n".to_owned(),
            more: 0,
        };
        let blocked = || Ok((Verdict::Blocked(error.clone()), Recorded::Yes));
        let all = [
            checked(
                "pool",
                Ok((Verdict::DidNotCompile(error.clone()), Recorded::Yes)),
            ),
            checked("pipeline", blocked()),
            checked("bucket", blocked()),
        ];
        let shown = check_all(&all, &Terminal::plain());
        for words in [
            "x pool      does not compile: error[E0308]: mismatched types\n",
            ". pipeline  not checked, see below\n",
            "exercises/src/pool.rs:7 does not compile: 2\nlessons could not be checked.\n\n",
            "Next: `cargo checker check pool`.",
        ] {
            assert!(shown.contains(words), "no `{words}` in:\n{shown}");
        }
    }

    #[test]
    fn what_runs_fits_on_a_line() {
        let slugs = ["pool", "pipeline"].map(|slug| slug.parse().expect("a slug"));
        assert_eq!(running(1, 9, &[], 80), "1 of 9 checked");
        assert_eq!(
            running(1, 9, &slugs, 80),
            "1 of 9 checked, running pool, pipeline"
        );
        assert_eq!(running(1, 9, &slugs, 20), "1 of 9 checked, r...");
    }
}
