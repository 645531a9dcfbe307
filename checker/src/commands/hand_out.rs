use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Exit;
use crate::course::Course;
use crate::hand_out::{self, HandedOut, Work, vendored};
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
    /// Put all crates into the copy as well, for a room without a network, and check that it builds
    /// without one; that takes some minutes
    #[arg(long)]
    vendored: bool,
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
        println!("Left as they are, because a learner has begun them:");
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
                "{} left out, because it is no Rust file: {}",
                terminal.no(),
                path.display()
            );
        }
    }
    if args.vendored {
        vendor(&args.folder, &terminal)?;
    }
    Ok(Exit::Passed)
}

fn vendor(folder: &Path, terminal: &Terminal) -> Result<()> {
    let size = vendored::vendor(folder)?;
    println!(
        "{} The crates are in it: {} MB, beside {} MB of course.",
        terminal.yes(),
        megabytes(size.crates),
        megabytes(size.course)
    );
    println!("Building it without a network …");
    vendored::builds_alone(folder)?;
    println!("{} It builds.", terminal.yes());
    Ok(())
}

fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}
