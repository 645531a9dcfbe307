use anyhow::Result;

use super::Exit;
use crate::book::{self, Edition};
use crate::course::Course;

/// Builds the book into the folder that `book.toml` names.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cargo checker build    then open book/index.html in a browser")]
pub struct Args {
    /// With the agendas and the notes for trainers
    #[arg(long)]
    notes: bool,
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    let edition = edition(args.notes);
    let built = book::build(course, edition, &book::folder(course)?)?;
    println!(
        "Built {} chapters into {}",
        built.chapters,
        built.folder.display()
    );
    Ok(Exit::Passed)
}

/// What `--notes` asks for.
pub(super) fn edition(notes: bool) -> Edition {
    if notes {
        Edition::Trainers
    } else {
        Edition::Learners
    }
}
