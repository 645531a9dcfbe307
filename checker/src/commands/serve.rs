use anyhow::{Result, bail};

use super::Exit;
use crate::course::Course;

/// Builds the book and serves it, live.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_args: &Args, _course: &Course) -> Result<Exit> {
    bail!("not built yet")
}
