use anyhow::{Result, bail};

use super::Exit;
use crate::course::Course;

/// Checks that the course is whole, for its authors.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_args: &Args, _course: &Course) -> Result<Exit> {
    bail!("not built yet")
}
