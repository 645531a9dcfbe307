use std::io::Write as _;

use anyhow::Result;

use super::{Exit, warn};
use crate::course::Course;
use crate::progress;
use crate::report::{self, Terminal};

/// Shows which lessons are complete.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// For people, or for programs: a JSON object with a `schema` number
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    let overview = progress::overview(course)?;
    warn(&overview);
    let shown = match args.format {
        Format::Text => report::status(&overview, &Terminal::stdout()),
        Format::Json => format!("{:#}\n", report::status_json(&overview)),
    };
    std::io::stdout().write_all(shown.as_bytes())?;
    Ok(Exit::Passed)
}
