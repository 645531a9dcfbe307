use anyhow::Result;
use clap::ValueEnum;

use super::Exit;
use crate::course::Course;
use crate::process;
use crate::verify::{self, Check, Mode, Soak, Workshop};

/// Checks that the course is whole, for its authors.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo checker verify                              all checks
  cargo checker verify --only parts,fences          two of them
  cargo checker verify --only pictures --bless      take the pictures as drawn now
  cargo checker verify --only solutions --lesson pipeline
  cargo checker verify --only solutions --repeat 100 --busy

With CI=true the exercises must equal checker/stubs, their copies as shipped. Elsewhere they may
hold a learner's work, and only the copies are looked at.")]
pub struct Args {
    /// Run these checks only, separated by commas
    #[arg(long, value_name = "CHECK", value_delimiter = ',')]
    only: Vec<Check>,
    /// Name the checks and stop
    #[arg(long)]
    list: bool,
    /// Rewrite what is derived: exercises as shipped, compiler errors shown, pictures
    #[arg(long)]
    bless: bool,
    /// Run the solutions of these lessons only, separated by commas
    #[arg(long, value_name = "LESSON", value_delimiter = ',')]
    lesson: Vec<String>,
    /// Run every solution this many times; print what did not always come out alike
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Keep every core busy while the solutions run
    #[arg(long)]
    busy: bool,
}

pub(super) fn run(args: &Args, course: &Course) -> Result<Exit> {
    if args.list {
        println!("{}", verify::describe());
        return Ok(Exit::Passed);
    }
    let mode = if args.bless {
        Mode::Bless
    } else if std::env::var_os("CI").is_some_and(|ci| ci == "true") {
        Mode::AsShipped
    } else {
        Mode::InUse
    };
    let chosen = args.lesson.iter().map(|name| course.lesson(name));
    let soak = Soak {
        lessons: chosen
            .map(|lesson| lesson.map(|lesson| lesson.slug.clone()))
            .collect::<Result<_, _>>()?,
        repeat: args.repeat,
        busy: args.busy,
    };
    let workshop = Workshop::open(course, mode)?;
    let mut all = Vec::new();
    for check in Check::value_variants() {
        if args.only.is_empty() || args.only.contains(check) {
            let checked = verify::run(*check, course, &workshop, &soak);
            if process::interrupted() {
                return Ok(Exit::Interrupted);
            }
            println!("{}", verify::line(&checked));
            all.push(checked);
        }
    }
    println!("{}", verify::summary(&all));
    Ok(if all.iter().all(verify::Checked::passed) {
        Exit::Passed
    } else {
        Exit::NotPassed
    })
}
