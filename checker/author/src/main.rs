//! `cargo author`: whether the course is whole. Authors and CI run it; learners never need it.

mod verify;

use std::process::ExitCode;

use anyhow::Result;
use checker::commands::{Exit, exit_code};
use checker::course::Course;
use checker::process;
use checker::workshop::{Mode, Workshop};
use clap::{Parser, ValueEnum as _};

use verify::{Check, Soak};

/// The authors' side of the course.
#[derive(Debug, Parser)]
#[command(name = "cargo author", bin_name = "cargo author", version)]
enum Cli {
    /// Check that the course is whole
    Verify(Args),
}

fn main() -> ExitCode {
    let Cli::Verify(args) = Cli::parse();
    let result = find_course().and_then(|course| run(&args, &course));
    if let Err(error) = &result {
        eprintln!("error: {error:#}");
    }
    exit_code(&result).into()
}

fn find_course() -> Result<Course> {
    Ok(Course::find(&std::env::current_dir()?)?)
}

/// Checks that the course is whole, for its authors.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo author verify                              all checks
  cargo author verify --only parts,fences          two of them
  cargo author verify --only pictures --bless      take the pictures as drawn now
  cargo author verify --only solutions --lesson pipeline
  cargo author verify --only solutions --repeat 100 --busy

With CI=true the exercises must equal checker/stubs, their copies as shipped. Elsewhere they may
hold a learner's work, and only the copies are looked at.")]
struct Args {
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

/// Runs the checks and says what they came to.
fn run(args: &Args, course: &Course) -> Result<Exit> {
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
