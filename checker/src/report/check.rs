//! What `check` shows: one screen on what does not hold, and what to do next.

mod ended;

use std::fmt::Write as _;

use record::report::{Outcome, Record, Rung};

use super::failure::{RUNGS, failure, name_of};
use super::{By, Onward, Terminal};
use crate::course::Slug;
use crate::verdict::{CompileError, Report, Rungs, Verdict};
pub(super) use ended::last_lines_of;
use ended::{crashed, death, stopped};

/// What became of the verdict in the progress log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It was written down, or there was nothing to write.
    Yes,
    /// It was written down; but the same files have passed and failed by now.
    Unsteady,
    /// The files changed while the tests ran, so nobody knows what it holds for.
    FilesChanged,
}

/// What stands below a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Below {
    /// What became of it in the progress log.
    pub recorded: Recorded,
    /// What there is to do after a pass.
    pub onward: Onward,
    /// How the learner goes on.
    pub by: By,
    /// Whether the reference is part of this copy of the course.
    pub reference: Reference,
}

/// Whether the reference solutions can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// They lie in `solutions/`.
    There,
    /// This copy of the course was handed out without them.
    LeftOut,
}

/// Says what a run of the exercise `slug` came to.
pub fn check(slug: &Slug, verdict: &Verdict, below: &Below, terminal: &Terminal) -> String {
    let mut shown = String::new();
    let mark = match verdict {
        Verdict::Passed(_) => terminal.yes(),
        _ => terminal.no(),
    };
    let heading = match verdict {
        Verdict::Blocked(_) => came_to(verdict),
        _ => format!("{slug}: {}", came_to(verdict)),
    };
    let _ = writeln!(shown, "{mark} {}\n", terminal.bold(&heading));
    if let Some(report) = verdict.report() {
        ladder(&mut shown, report, terminal);
    }
    match (words(slug, verdict, terminal), verdict.report()) {
        (Some(words), _) => shown.push_str(&words),
        (None, Some(report)) => first_failure(&mut shown, slug, report, terminal),
        (None, None) => {}
    }
    shown.push('\n');
    let next = next(slug, verdict, below, terminal);
    shown.push_str(&terminal.wrap(&next, ""));
    shown.push('\n');
    shown
}

/// The verdict in a word or two.
pub(super) fn came_to(verdict: &Verdict) -> String {
    let words = match verdict {
        Verdict::Passed(_) => "passed",
        Verdict::NotStarted(_) => "not started",
        Verdict::Failed(_) | Verdict::RejectedForTheWrongReason(_) => "not passed",
        Verdict::Hung(_) => "hangs",
        Verdict::Crashed(..) => "crashed",
        Verdict::Flooded(_) => "prints without end",
        Verdict::DidNotCompile(_) => "does not compile",
        Verdict::Blocked(error) => {
            let file = error.place.as_ref().map(|(file, _)| file);
            let file = file.map_or("another file".into(), |file| {
                file.file_name()
                    .unwrap_or(file.as_os_str())
                    .to_string_lossy()
            });
            return format!("{file} does not compile, so no lesson can be checked");
        }
    };
    words.to_owned()
}

/// What does not hold, unless a test's own record says it best.
pub(super) fn words(slug: &Slug, verdict: &Verdict, terminal: &Terminal) -> Option<String> {
    let mut shown = String::new();
    match verdict {
        Verdict::DidNotCompile(error) => did_not_compile(&mut shown, slug, error, terminal),
        Verdict::Blocked(error) => compiler_says(&mut shown, error),
        Verdict::Hung(report) if !report.unreported.is_empty() => {
            let why = "the tests were stopped at the time limit";
            stopped(&mut shown, why, report, terminal);
        }
        Verdict::Crashed(report, end) => match report.crashes.as_slice() {
            [] => stopped(&mut shown, &death(*end, report), report, terminal),
            [first, others @ ..] => crashed(&mut shown, first, others, report, terminal),
        },
        Verdict::Flooded(report) => {
            let why = "the tests printed more than they may, and were stopped";
            stopped(&mut shown, why, report, terminal);
        }
        Verdict::Passed(_)
        | Verdict::NotStarted(_)
        | Verdict::Failed(_)
        | Verdict::RejectedForTheWrongReason(_)
        | Verdict::Hung(_) => return None,
    }
    Some(shown)
}

/// A line of marks for each rung.
fn ladder(shown: &mut String, report: &Report, terminal: &Terminal) {
    let rungs = report.rungs();
    for rung in RUNGS {
        let name = name_of(rung);
        let tally = rungs.tally(rung);
        if tally.of == 0 {
            continue;
        }
        let marks: String = marks(report, rung, terminal).concat();
        let _ = writeln!(
            shown,
            "  {name:8} {:2} of {:2}  {marks}",
            tally.passed, tally.of
        );
    }
}

fn marks(report: &Report, rung: Rung, terminal: &Terminal) -> Vec<String> {
    let of_rung = report.records.iter().filter(|record| record.rung == rung);
    let reported = of_rung.map(|record| match record.outcome {
        Outcome::Passed => terminal.yes(),
        Outcome::NotWritten(_) => terminal.open(),
        _ => terminal.no(),
    });
    let unreported = report.unreported.iter().filter(|(at, _)| *at == rung);
    reported.chain(unreported.map(|_| "?".to_owned())).collect()
}

/// The first failure of the lowest rung in full; the others are counted.
fn first_failure(shown: &mut String, slug: &Slug, report: &Report, terminal: &Terminal) {
    let Some(record) = report.first_failure() else {
        return;
    };
    let all = format!("cargo test -p exercises --test {slug} {}", record.test);
    failure(shown, record, Some(&all), terminal);
    printed(shown, slug, record, &report.printed, terminal);
    if let Some(rest) = the_rest(report.rungs()) {
        let _ = writeln!(shown, "\n{rest}");
    }
}

/// What the test of `record` has printed by its own means: `dbg!`, `println!`.
fn printed(shown: &mut String, slug: &Slug, record: &Record, printed: &str, terminal: &Terminal) {
    if printed.is_empty() {
        return;
    }
    let (lines, left_out) = last_lines_of(printed);
    let after = match left_out {
        0 => String::new(),
        1 => ", after 1 line".to_owned(),
        _ => format!(", after {left_out} lines"),
    };
    let heading = format!("It prints, when it runs alone{after}:");
    let _ = writeln!(shown, "\n  {heading}");
    for line in lines {
        let line: String = line.chars().take(terminal.style.width - 4).collect();
        let _ = writeln!(shown, "    {line}");
    }
    let all = format!(
        "  `cargo test -p exercises --test {slug} {} -- --nocapture` shows all of it.",
        record.test
    );
    let _ = writeln!(shown, "{}", terminal.wrap(&all, "  "));
}

/// `None` if the one that was shown is the only one.
fn the_rest(rungs: Rungs) -> Option<String> {
    let mut first = 1;
    let mut parts = Vec::new();
    let mut total = 0;
    for rung in RUNGS {
        let name = name_of(rung);
        let tally = rungs.tally(rung);
        let mut failed = tally.of - tally.passed;
        if failed > 0 {
            failed -= std::mem::take(&mut first);
        }
        if failed > 0 {
            parts.push(format!("{failed} in {name}"));
            total += failed;
        }
    }
    match total {
        0 => None,
        1 => Some(format!("1 more test does not pass: {}.", parts.join(", "))),
        _ => Some(format!(
            "{total} more tests do not pass: {}.",
            parts.join(", ")
        )),
    }
}

fn did_not_compile(shown: &mut String, slug: &Slug, error: &CompileError, terminal: &Terminal) {
    compiler_says(shown, error);
    if let Some((file, _)) = &error.place
        && file.starts_with("exercises/tests")
    {
        let why = format!(
            "The tests use exercises/src/{slug}.rs as its documentation says; what it offers now is \
             something else."
        );
        let _ = writeln!(shown, "\n{}", terminal.wrap(&why, ""));
    }
}

/// The first error; the others are counted, and the command named that shows them.
fn compiler_says(shown: &mut String, error: &CompileError) {
    let _ = writeln!(shown, "{}", error.rendered.trim_end());
    let follow = match error.more {
        0 => return,
        1 => "1 more error follows".to_owned(),
        more => format!("{more} more errors follow"),
    };
    // The library's errors stop cargo before it looks at the tests.
    let target = error
        .place
        .as_ref()
        .and_then(|(file, _)| file.strip_prefix("exercises/tests").ok())
        .map(|file| format!(" --test {}", file.with_extension("").display()))
        .unwrap_or_default();
    let _ = writeln!(
        shown,
        "\n{follow}: `cargo check -p exercises{target}` shows them all."
    );
}

fn next(slug: &Slug, verdict: &Verdict, below: &Below, terminal: &Terminal) -> String {
    // A save is all that `watch` needs.
    let (again, save) = match below.by {
        By::Command => (format!(", then `cargo checker check {slug}`"), ""),
        By::Watch => (String::new(), " and save it"),
    };
    let file = format!("exercises/src/{slug}.rs");
    match (verdict, below.recorded) {
        (Verdict::Blocked(error), _) => {
            let file = match &error.place {
                Some((file, line)) => format!("{}:{line}", file.display()),
                None => "that".to_owned(),
            };
            format!("Nothing was recorded.\nNext: mend {file}{save}{again}.\n")
        }
        (_, Recorded::FilesChanged) => {
            let again = match below.by {
                By::Command => format!("`cargo checker check {slug}`"),
                By::Watch => "r runs them again".to_owned(),
            };
            format!(
                "{} The files were changed while the tests ran, so nothing was recorded.\n\
                 Next: {again}.\n",
                terminal.no()
            )
        }
        (_, Recorded::Unsteady) => format!(
            "{} The same files have passed on one run and failed on another: a race. It does not \
             count as passed.\n\
             Next: find what depends on who comes first, change {file}{save}{again}.\n",
            terminal.no()
        ),
        (Verdict::Passed(report), Recorded::Yes) => {
            let rungs = report.rungs();
            let stretch = if rungs.stretch.of == 0 || rungs.stretch_passed() {
                String::new()
            } else {
                "Core and pattern complete the exercise; stretch is a mark of its own.\n".to_owned()
            };
            let next = below.onward.sentence(slug, below.by);
            let reference = match below.reference {
                Reference::There => {
                    format!("`cargo checker solution {slug}` shows the reference.\n")
                }
                Reference::LeftOut => String::new(),
            };
            format!("{stretch}{next}\n{reference}")
        }
        (Verdict::NotStarted(_), Recorded::Yes) => {
            format!("Next: read src/{slug}.md, write {file}{save}{again}.\n")
        }
        (_, Recorded::Yes) => format!("Next: change {file}{save}{again}.\n"),
    }
}

#[cfg(test)]
mod tests;
