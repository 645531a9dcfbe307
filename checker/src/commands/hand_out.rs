use std::path::PathBuf;

use anyhow::Result;

use super::Exit;
use crate::course::Course;
use crate::hand_out::{self, HandedOut, Work};
use crate::report::Terminal;

/// Makes a copy for learners, without the solutions, or brings one up to date.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the copy is to lie: a folder that is new or empty, or a copy from before
    folder: PathBuf,
    /// Put the exercises and the progress log of this learner's repository into the copy, to judge
    /// them there; nothing else of it is taken
    #[arg(long, value_name = "FOLDER")]
    work_of: Option<PathBuf>,
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    let terminal = Terminal::stdout();
    let HandedOut {
        written,
        removed,
        kept,
    } = hand_out::hand_out(course, &args.folder)?;
    hand_out::trim_lock(&args.folder);
    println!(
        "{} {} is a copy without solutions: {written} files written, {removed} removed.",
        terminal.yes(),
        args.folder.display()
    );
    if !kept.is_empty() {
        println!("Left as they are, for somebody has begun them:");
        for path in kept {
            println!("  {}", path.display());
        }
    }
    if let Some(learner) = &args.work_of {
        let Work { taken, left } = hand_out::put_in(&args.folder, learner)?;
        println!(
            "{} {} files of {} are in it.",
            terminal.yes(),
            taken.len(),
            learner.display()
        );
        for path in left {
            println!(
                "{} left out, for it is no Rust file: {}",
                terminal.no(),
                path.display()
            );
        }
    }
    Ok(Exit::Passed)
}
