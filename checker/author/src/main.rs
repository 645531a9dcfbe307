//! `cargo author`: whether the course is whole. Authors and CI run it; learners never need it.

mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use checker::commands::{Exit, exit_code};
use checker::course::{Course, Slug};
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
    /// Check that the tests notice changes to the reference
    Changes(Changes),
}

fn main() -> ExitCode {
    let result = match Cli::parse() {
        Cli::Verify(args) => find_course().and_then(|course| run(&args, &course)),
        Cli::Changes(args) => find_course().and_then(|course| run_changes(&args, &course)),
    };
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

/// Checks that each lesson's tests notice every change to its reference solution that cargo-mutants
/// thinks of: some test fails, or the change does not compile. `.ci/mutants` makes the list.
#[derive(Debug, clap::Args)]
struct Changes {
    /// What `cargo mutants --list --json` printed
    list: PathBuf,
    /// The changes of these lessons only, separated by commas
    #[arg(long, value_name = "LESSON", value_delimiter = ',')]
    lesson: Vec<String>,
}

/// Runs the changed references and says what they came to.
fn run_changes(args: &Changes, course: &Course) -> Result<Exit> {
    let chosen = lessons(&args.lesson, course)?;
    let workshop = Workshop::open(course, Mode::InUse)?;
    let report = verify::check_changes(course, &workshop, &args.list, &chosen)?;
    if process::interrupted() {
        return Ok(Exit::Interrupted);
    }
    for finding in &report.findings {
        println!("{finding}");
    }
    for note in &report.notes {
        println!("{note}");
    }
    Ok(if report.findings.is_empty() {
        Exit::Passed
    } else {
        Exit::NotPassed
    })
}

fn lessons(names: &[String], course: &Course) -> Result<Vec<Slug>> {
    let found = names.iter().map(|name| course.lesson(name));
    Ok(found
        .map(|lesson| lesson.map(|lesson| lesson.slug.clone()))
        .collect::<Result<_, _>>()?)
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
    let soak = Soak {
        lessons: lessons(&args.lesson, course)?,
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
