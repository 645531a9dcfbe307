//! One test that does not hold: the sentence, and the run that proves it.

use std::fmt::Write as _;

use record::report::{Record, Rung};
use record::timeline::text;

use super::Terminal;

/// How many of a failure's further lines are shown.
pub(super) const MOST_DETAILS: usize = 16;

/// The ladder, from below.
pub(super) const RUNGS: [Rung; 3] = [Rung::Core, Rung::Pattern, Rung::Stretch];

/// As the modules of a test file are called.
pub(super) fn name_of(rung: Rung) -> &'static str {
    match rung {
        Rung::Core => "core",
        Rung::Pattern => "pattern",
        Rung::Stretch => "stretch",
    }
}

/// As the test file nests it: `core::a_test`.
pub(super) fn path(record: &Record) -> String {
    format!("{}::{}", name_of(record.rung), record.test)
}

/// What does not hold; nothing if the test passed. `all` is the command that shows all details,
/// if there is one.
pub(super) fn failure(shown: &mut String, record: &Record, all: Option<&str>, terminal: &Terminal) {
    let Some(failure) = record.outcome.failure() else {
        return;
    };
    let sentence = format!("{} {}", terminal.no(), terminal.bold(&failure.sentence));
    let _ = writeln!(shown, "\n{}", terminal.wrap(&sentence, "  "));
    if let Some(place) = &failure.place {
        let _ = writeln!(shown, "  at {place}");
    }
    let test = format!("test {}", path(record));
    let _ = writeln!(shown, "  {}", terminal.dim(&test));
    let details = failure.details.iter().flat_map(|detail| detail.lines());
    let details: Vec<&str> = details.collect();
    for line in details.iter().take(MOST_DETAILS) {
        let _ = writeln!(shown, "{}", terminal.wrap(&format!("  {line}"), "  "));
    }
    if details.len() > MOST_DETAILS {
        let more = details.len() - MOST_DETAILS;
        let _ = match all {
            Some(all) => writeln!(shown, "  and {more} more lines: {all}"),
            None => writeln!(shown, "  and {more} more lines"),
        };
    }
    if let Some(timeline) = &failure.timeline {
        shown.push('\n');
        shown.push_str(&text::render(timeline, &terminal.style));
    }
}
