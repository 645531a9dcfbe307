//! What `check` shows: one screen on what does not hold, and what to do next.

use std::fmt::Write as _;

use instruments::report::{Outcome, Record, Rung};
use instruments::timeline::text;

use super::Terminal;
use crate::course::Slug;
use crate::process::End;
use crate::verdict::{CompileError, Crash, Report, Rungs, Verdict};

/// How many of a failure's further lines are shown; `cargo test` shows them all.
const MOST_DETAILS: usize = 16;

/// How many lines of what the test program printed are shown.
const MOST_OUTPUT: usize = 12;

/// How many tests without a record are named.
const MOST_NAMES: usize = 5;

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

/// Says what a run of the exercise `slug` came to.
pub fn check(slug: &Slug, verdict: &Verdict, recorded: Recorded, terminal: &Terminal) -> String {
    let mut shown = String::new();
    match verdict {
        Verdict::DidNotCompile(error) => did_not_compile(&mut shown, slug, error, terminal),
        Verdict::Blocked(error) => blocked(&mut shown, error, terminal),
        Verdict::Passed(report) => {
            ladder(&mut shown, slug, "passed", report, terminal);
            first_failure(&mut shown, slug, report, terminal);
        }
        Verdict::NotStarted(report) => {
            ladder(&mut shown, slug, "not started", report, terminal);
            first_failure(&mut shown, slug, report, terminal);
        }
        Verdict::Failed(report) | Verdict::RejectedForTheWrongReason(report) => {
            ladder(&mut shown, slug, "not passed", report, terminal);
            first_failure(&mut shown, slug, report, terminal);
        }
        Verdict::Hung(report) => {
            ladder(&mut shown, slug, "hangs", report, terminal);
            if report.unreported.is_empty() {
                first_failure(&mut shown, slug, report, terminal);
            } else {
                let why = "the tests were stopped at the time limit";
                stopped(&mut shown, why, report, terminal);
            }
        }
        Verdict::Crashed(report, end) => {
            ladder(&mut shown, slug, "crashed", report, terminal);
            match report.crashes.as_slice() {
                [] => stopped(&mut shown, &death(*end, report), report, terminal),
                [first, others @ ..] => crashed(&mut shown, first, others, report, terminal),
            }
        }
        Verdict::Flooded(report) => {
            ladder(&mut shown, slug, "prints without end", report, terminal);
            let why = "the tests printed more than they may, and were stopped";
            stopped(&mut shown, why, report, terminal);
        }
    }
    shown.push('\n');
    shown.push_str(&next(slug, verdict, recorded, terminal));
    shown
}

/// The heading, and a line of marks for each rung.
fn ladder(shown: &mut String, slug: &Slug, came_to: &str, report: &Report, terminal: &Terminal) {
    let rungs = report.rungs();
    let mark = if rungs.complete() && came_to == "passed" {
        terminal.yes()
    } else {
        terminal.no()
    };
    let _ = writeln!(
        shown,
        "{mark} {}\n",
        terminal.bold(&format!("{slug}: {came_to}"))
    );
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

const RUNGS: [Rung; 3] = [Rung::Core, Rung::Pattern, Rung::Stretch];

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
    let Some(failure) = record.outcome.failure() else {
        return;
    };
    let _ = writeln!(
        shown,
        "\n{} {}",
        terminal.no(),
        terminal.bold(&failure.sentence)
    );
    if let Some(place) = &failure.place {
        let _ = writeln!(shown, "  at {place}");
    }
    let _ = writeln!(
        shown,
        "  {}",
        terminal.dim(&format!("test {}", path(record)))
    );
    let details: Vec<&str> = failure
        .details
        .iter()
        .flat_map(|detail| detail.lines())
        .collect();
    for line in details.iter().take(MOST_DETAILS) {
        let _ = writeln!(shown, "  {line}");
    }
    if details.len() > MOST_DETAILS {
        let _ = writeln!(
            shown,
            "  and {} more lines: cargo test -p exercises --test {slug} {}",
            details.len() - MOST_DETAILS,
            record.test
        );
    }
    if let Some(timeline) = &failure.timeline {
        shown.push('\n');
        shown.push_str(&text::render(timeline, &terminal.style));
    }
    if let Some(rest) = the_rest(report.rungs()) {
        let _ = writeln!(shown, "\n{rest}");
    }
}

fn path(record: &Record) -> String {
    format!("{}::{}", name_of(record.rung), record.test)
}

fn name_of(rung: Rung) -> &'static str {
    match rung {
        Rung::Core => "core",
        Rung::Pattern => "pattern",
        Rung::Stretch => "stretch",
    }
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

/// A test program that did not come to its end.
fn stopped(shown: &mut String, why: &str, report: &Report, terminal: &Terminal) {
    let _ = writeln!(shown, "\n{} {}", terminal.no(), terminal.bold(why));
    if !report.unreported.is_empty() {
        let _ = writeln!(
            shown,
            "  These tests had not come to an end, nor those after them:"
        );
    }
    for (_, test) in report.unreported.iter().take(MOST_NAMES) {
        let _ = writeln!(shown, "    {test}");
    }
    if report.unreported.len() > MOST_NAMES {
        let _ = writeln!(
            shown,
            "    and {} more",
            report.unreported.len() - MOST_NAMES
        );
    }
    last_lines(shown, &report.output, terminal);
    if let Some(failure) = report
        .first_failure()
        .and_then(|record| record.outcome.failure())
    {
        let _ = writeln!(shown, "\n  Before that: {}", failure.sentence);
    }
}

fn last_lines(shown: &mut String, output: &str, terminal: &Terminal) {
    let lines = output.lines();
    let last: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    let last = &last[last.len().saturating_sub(MOST_OUTPUT)..];
    if !last.is_empty() {
        let _ = writeln!(shown, "\n  The last lines that were printed:");
    }
    for line in last {
        let line: String = line.chars().take(terminal.style.width - 4).collect();
        let _ = writeln!(shown, "    {line}");
    }
}

/// Tests that end their process, each found in one of its own.
fn crashed(
    shown: &mut String,
    first: &Crash,
    others: &[Crash],
    report: &Report,
    terminal: &Terminal,
) {
    let sentence = format!("`{}` {}", first.test, manner(first.end));
    let _ = writeln!(shown, "\n{} {}", terminal.no(), terminal.bold(&sentence));
    if let Some(panic) = first.last_panic() {
        let _ = writeln!(shown, "  at {}", panic.place);
    }
    let rung = name_of(first.rung);
    let test = terminal.dim(&format!("test {rung}::{}", first.test));
    let _ = writeln!(shown, "  {test}");
    for panic in first.own_panics() {
        let _ = writeln!(shown, "  panicked at {}:", panic.place);
        for line in panic.message.lines() {
            let _ = writeln!(shown, "    {line}");
        }
    }
    if first.end == End::Signalled(ABORT) && first.last_panic().is_some() {
        let _ = writeln!(
            shown,
            "\n  A panic while another panic unwinds aborts the whole process. So does one in a\n  \
             destructor, when that runs because of a panic: `drop` must not panic."
        );
    } else {
        last_lines(shown, &first.output, terminal);
    }
    if !others.is_empty() {
        let _ = writeln!(shown, "\nThese end their process as well:");
        for crash in others.iter().take(MOST_NAMES) {
            let _ = writeln!(shown, "    {}", crash.test);
        }
        if others.len() > MOST_NAMES {
            let _ = writeln!(shown, "    and {} more", others.len() - MOST_NAMES);
        }
    }
    if report.alone > 1 {
        let _ = writeln!(
            shown,
            "\nIt took the other tests with it, so each of those ran in a process of its own."
        );
    }
    if let Some(rest) = report
        .first_failure()
        .and_then(|record| record.outcome.failure())
    {
        let _ = writeln!(shown, "Of those, one says: {}", rest.sentence);
    }
}

const ABORT: i32 = 6;

fn manner(end: End) -> String {
    match end {
        End::Signalled(ABORT) => "aborts the test program".to_owned(),
        End::Signalled(signal) => {
            format!(
                "ends the test program by signal {signal}{}",
                signal_name(signal)
            )
        }
        End::Exited(code) => format!(
            "ends the test program with code {code}; does something call `std::process::exit`?"
        ),
        End::OutOfTime => "was stopped at the time limit".to_owned(),
        End::TooMuchOutput => "prints without end".to_owned(),
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        4 => " (SIGILL)",
        ABORT => " (SIGABRT: a panic during a panic aborts, and so does `std::process::abort`)",
        7 => " (SIGBUS)",
        9 => " (SIGKILL: was the memory used up?)",
        11 => " (SIGSEGV: a stack that overflows ends like this)",
        _ => "",
    }
}

fn death(end: End, report: &Report) -> String {
    let before = match report.unreported.len() {
        0 if report.alone > 0 => "though no test does that when it runs alone".to_owned(),
        0 => "although all its tests had reported otherwise".to_owned(),
        1 => "before 1 of its tests had reported".to_owned(),
        many => format!("before {many} of its tests had reported"),
    };
    match end {
        End::Signalled(signal) => {
            let name = signal_name(signal);
            format!("the test program was ended by signal {signal}{name}, {before}")
        }
        End::Exited(code) if report.unreported.is_empty() => {
            format!("the test program ended with code {code}, {before}")
        }
        End::Exited(code) => format!(
            "the test program ended with code {code}, {before}; \
             does something call `std::process::exit`?"
        ),
        End::OutOfTime | End::TooMuchOutput => "the test program was stopped".to_owned(),
    }
}

fn did_not_compile(shown: &mut String, slug: &Slug, error: &CompileError, terminal: &Terminal) {
    let heading = format!("{slug}: does not compile");
    let _ = writeln!(shown, "{} {}\n", terminal.no(), terminal.bold(&heading));
    compiler_says(shown, error);
    if let Some((file, _)) = &error.place
        && file.starts_with("exercises/tests")
    {
        let _ = writeln!(
            shown,
            "\nThe tests use exercises/src/{slug}.rs as its documentation says; what it offers now \
             is something else."
        );
    }
}

fn blocked(shown: &mut String, error: &CompileError, terminal: &Terminal) {
    let file = match &error.place {
        Some((file, _)) => file
            .file_name()
            .unwrap_or(file.as_os_str())
            .display()
            .to_string(),
        None => "another file".to_owned(),
    };
    let heading = format!("{file} does not compile, so no lesson can be checked");
    let _ = writeln!(shown, "{} {}\n", terminal.no(), terminal.bold(&heading));
    compiler_says(shown, error);
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

fn next(slug: &Slug, verdict: &Verdict, recorded: Recorded, terminal: &Terminal) -> String {
    let again = format!("`cargo checker check {slug}`");
    let file = format!("exercises/src/{slug}.rs");
    match (verdict, recorded) {
        (Verdict::Blocked(error), _) => {
            let file = match &error.place {
                Some((file, line)) => format!("{}:{line}", file.display()),
                None => "that".to_owned(),
            };
            format!("Nothing was recorded.\nNext: mend {file}, then {again}.\n")
        }
        (_, Recorded::FilesChanged) => format!(
            "{} The files were changed while the tests ran, so nothing was recorded.\n\
             Next: {again}.\n",
            terminal.no()
        ),
        (_, Recorded::Unsteady) => format!(
            "{} The same files have passed on one run and failed on another: a race. It does not \
             count as passed.\n\
             Next: find what depends on who comes first, change {file}, then {again}.\n",
            terminal.no()
        ),
        (Verdict::Passed(report), Recorded::Yes) => {
            let rungs = report.rungs();
            let stretch = if rungs.stretch.of == 0 || rungs.stretch_passed() {
                String::new()
            } else {
                "Core and pattern complete the exercise; stretch is a mark of its own.\n".to_owned()
            };
            format!("{stretch}Next: `cargo checker quiz {slug}`, or `cargo checker status`.\n")
        }
        (Verdict::NotStarted(_), Recorded::Yes) => {
            format!("Next: read src/{slug}.md, write {file}, then {again}.\n")
        }
        (_, Recorded::Yes) => format!("Next: change {file}, then {again}.\n"),
    }
}

#[cfg(test)]
mod tests;
