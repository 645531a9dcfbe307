use anyhow::Result;

use super::Exit;
use crate::book;
use crate::course::Course;

/// Builds the book into the folder that `book.toml` names.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cargo checker build    then open book/index.html in a browser")]
pub struct Args {}

pub fn run(_args: &Args, course: &Course) -> Result<Exit> {
    let built = book::build(course, &book::folder(course)?)?;
    println!(
        "Built {} chapters into {}",
        built.chapters,
        built.folder.display()
    );
    Ok(Exit::Passed)
}
