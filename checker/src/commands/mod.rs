//! The verbs of the command line, a file each.

pub(crate) mod agenda;
pub(crate) mod author;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod completions;
mod exit;
pub(crate) mod hand_out;
pub(crate) mod hint;
pub(crate) mod mistakes;
pub(crate) mod overview;
pub(crate) mod preprocess;
pub(crate) mod quiz;
mod receipts;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod reset;
pub(crate) mod serve;
pub(crate) mod solution;
mod spoil;
pub(crate) mod status;
pub(crate) mod watch;

use crate::course::{Course, Slug};
use crate::progress::{self, Overview};
use crate::report::{Below, By, Onward, Recorded, Reference};

pub use exit::{BadUsage, Exit, exit_code};

/// Tells the user of lines of the log that could not be read.
fn warn(overview: &Overview) {
    if let Some(set_aside) = &overview.set_aside {
        eprintln!("warning: {set_aside}");
    }
}

/// What comes after a part of the lesson `slug`. It is said below what was asked for, so a log that
/// cannot be read is no error here.
fn onward(course: &Course, slug: &Slug) -> Onward {
    match progress::overview(course) {
        Ok(overview) => Onward::after(&overview.lessons, slug),
        Err(_) => Onward::Unknown,
    }
}

/// Whether the quiz of the lesson `slug` has passed at some time.
fn quiz_has_passed(course: &Course, slug: &Slug) -> bool {
    progress::overview(course)
        .is_ok_and(|overview| crate::report::quiz_has_passed(&overview.lessons, slug))
}

/// What stands below the verdict on the exercise of `slug`.
fn below_verdict(course: &Course, slug: &Slug, recorded: Recorded, by: By) -> Below {
    Below {
        recorded,
        onward: onward(course, slug),
        by,
        reference: if course.has_solutions() {
            Reference::There
        } else {
            Reference::LeftOut
        },
    }
}
