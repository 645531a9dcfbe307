//! Says what became of a test: to the learner, and to the report file.

use std::env;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write as _};
use std::panic;

use crate::identity::Identity;
use serde::Serialize;

use crate::report::{Failure, Outcome, PassedRun, REPORT_FILE, RUNS_FILE, Record, SCHEMA};
use crate::run::Run;
use crate::timeline::text::{self, Style};

/// Writes the record, then ends the test: quietly if it passed, else with its failure printed.
pub(crate) fn conclude(identity: &Identity, outcome: Outcome) {
    let failure = outcome.failure().cloned();
    let record = Record {
        schema: SCHEMA,
        lesson: identity.lesson.clone(),
        rung: identity.rung,
        test: identity.test.clone(),
        line: identity.line,
        outcome,
    };
    append(REPORT_FILE, || Some(record));
    if let Some(failure) = failure {
        // Whoever takes the record shows it; what is printed then is what the tests print.
        if env::var_os(REPORT_FILE).is_none() {
            let style =
                Style::from_environment(|name| env::var(name).ok(), io::stdout().is_terminal());
            print!("\n{}", as_text(&failure, &style));
        }
        // Everything is said; the panic hook has nothing to add.
        panic::resume_unwind(Box::new("the test failed"));
    }
}

/// Keeps the run of a test that passed, if somebody asks for it.
pub(crate) fn keep_run(identity: &Identity, run: &Run) {
    append(RUNS_FILE, || {
        Some(PassedRun {
            lesson: identity.lesson.clone(),
            rung: identity.rung,
            test: identity.test.clone(),
            timeline: run.proof("")?,
        })
    });
}

/// Appends a line to the file that the environment names.
fn append<T: Serialize>(file: &str, record: impl FnOnce() -> Option<T>) {
    let Some(path) = env::var_os(file) else {
        return;
    };
    let Some(record) = record() else {
        return;
    };
    let mut line = serde_json::to_string(&record).expect("a record is plain data");
    line.push('\n');
    // One write a line: the tests of a binary run in parallel and append to one file.
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    if let Err(error) = written {
        eprintln!("cannot write {}: {error}", path.display());
    }
}

fn as_text(failure: &Failure, style: &Style) -> String {
    let mark = match style.symbols {
        text::Symbols::Unicode => '✗',
        text::Symbols::Ascii => 'x',
    };
    let mut shown = format!("{mark} {}\n", failure.sentence);
    if let Some(place) = &failure.place {
        let _ = writeln!(shown, "  at {place}");
    }
    for detail in &failure.details {
        for line in detail.lines() {
            let _ = writeln!(shown, "  {line}");
        }
    }
    if let Some(timeline) = &failure.timeline {
        shown.push('\n');
        shown.push_str(&text::render(timeline, style));
    }
    shown
}
