//! The verbs of the command line, a file each.

pub(crate) mod author;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod completions;
mod exit;
pub(crate) mod hint;
pub(crate) mod mistakes;
pub(crate) mod preprocess;
pub(crate) mod quiz;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod reset;
pub(crate) mod serve;
pub(crate) mod solution;
mod spoil;
pub(crate) mod status;
pub(crate) mod watch;

use crate::progress::Overview;

pub use exit::{BadUsage, Exit, exit_code};

/// Tells the user of lines of the log that could not be read.
fn warn(overview: &Overview) {
    if let Some(set_aside) = &overview.set_aside {
        eprintln!("warning: {set_aside}");
    }
}
