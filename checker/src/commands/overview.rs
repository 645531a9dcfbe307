use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::{BadUsage, Exit};
use crate::files::save;
use crate::room::Room;

/// Shows where a class is, from the reports of its learners.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Reports in JSON, one of each learner
    #[arg(required = true)]
    report: Vec<PathBuf>,
    /// Write a page into this file, which a browser shows without a network
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<Exit> {
    let room = Room::read(&args.report).map_err(BadUsage)?;
    std::io::stdout().write_all(room.markdown().as_bytes())?;
    if let Some(path) = &args.output {
        save(path, room.html().as_bytes())
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(Exit::Passed)
}
