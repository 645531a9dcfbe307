//! Test programs that did not end as they should.

use std::fmt::Write as _;

use super::name_of;
use crate::process::End;
use crate::report::Terminal;
use crate::verdict::{Crash, Report};

/// How many lines of what the test program printed are shown.
const MOST_OUTPUT: usize = 12;

/// How many tests are named.
const MOST_NAMES: usize = 5;

/// A test program that did not come to its end.
pub(super) fn stopped(shown: &mut String, why: &str, report: &Report, terminal: &Terminal) {
    let why = format!("{} {}", terminal.no(), terminal.bold(why));
    let _ = writeln!(shown, "\n{}", terminal.wrap(&why, "  "));
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
        let before = format!("  Before that: {}", failure.sentence);
        let _ = writeln!(shown, "\n{}", terminal.wrap(&before, "  "));
    }
}

fn last_lines(shown: &mut String, output: &str, terminal: &Terminal) {
    let (last, _) = last_lines_of(output);
    if !last.is_empty() {
        let _ = writeln!(shown, "\n  The last lines that were printed:");
    }
    for line in last {
        let line: String = line.chars().take(terminal.style.width - 4).collect();
        let _ = writeln!(shown, "    {line}");
    }
}

/// The last lines that are not empty, and how many stand before them.
pub(in crate::report) fn last_lines_of(output: &str) -> (Vec<&str>, usize) {
    let lines = output.lines();
    let mut lines: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    let left_out = lines.len().saturating_sub(MOST_OUTPUT);
    (lines.split_off(left_out), left_out)
}

/// Tests that end their process, each found in one of its own.
pub(super) fn crashed(
    shown: &mut String,
    first: &Crash,
    others: &[Crash],
    report: &Report,
    terminal: &Terminal,
) {
    let sentence = format!("`{}` {}", first.test, manner(first.end));
    let sentence = format!("{} {}", terminal.no(), terminal.bold(&sentence));
    let _ = writeln!(shown, "\n{}", terminal.wrap(&sentence, "  "));
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
        let says = format!("Of those, one says: {}", rest.sentence);
        let _ = writeln!(shown, "{}", terminal.wrap(&says, ""));
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

pub(super) fn death(end: End, report: &Report) -> String {
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
