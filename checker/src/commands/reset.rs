use std::io::{IsTerminal as _, Write as _, stdin, stdout};

use anyhow::Result;

use super::check::with_exercise;
use super::{BadUsage, Exit};
use crate::course::{Course, ExerciseKind, Slug};
use crate::progress::pristine;
use crate::report::{self, Terminal};

/// Puts exercises back as they were shipped; what stood there is kept.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The lessons, as `cargo checker status` lists them
    #[arg(required_unless_present = "all")]
    lesson: Vec<String>,
    /// Every exercise that was changed; asks first
    #[arg(long, conflicts_with = "lesson")]
    all: bool,
    /// Put back what was kept last
    #[arg(long, conflicts_with = "all")]
    undo: bool,
    /// With --all: do not ask
    #[arg(long, requires = "all")]
    yes: bool,
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    let terminal = Terminal::stdout();
    let lessons = if args.all {
        let changed = changed(course)?;
        if changed.is_empty() {
            println!("Every exercise is as it was shipped.");
            return Ok(Exit::Passed);
        }
        if !args.yes && !agrees(&changed, &terminal)? {
            println!("Nothing was changed.");
            return Ok(Exit::NotPassed);
        }
        changed
    } else {
        let names = args.lesson.iter();
        names
            .map(|name| with_exercise(course, name))
            .collect::<Result<_>>()?
    };
    for slug in &lessons {
        let shown = if args.undo {
            report::undone(slug, &pristine::undo(course, slug)?, &terminal)
        } else {
            report::reset(slug, &pristine::reset(course, slug)?, &terminal)
        };
        stdout().write_all(shown.as_bytes())?;
        let helpers = course.exercise_path(slug).with_extension("");
        if !args.undo && helpers.is_dir() {
            // Only what is shipped is put back; what else a learner wrote is left where it is.
            println!(
                "exercises/src/{slug}/ stays; the exercise as it was shipped does not use it."
            );
        }
    }
    Ok(Exit::Passed)
}

fn changed(course: &Course) -> Result<Vec<Slug>> {
    let mut changed = Vec::new();
    let lessons = course.lessons();
    for lesson in lessons.filter(|lesson| lesson.exercise == ExerciseKind::Program) {
        if pristine::is_changed(course, &lesson.slug)? {
            changed.push(lesson.slug.clone());
        }
    }
    Ok(changed)
}

fn agrees(changed: &[Slug], terminal: &Terminal) -> Result<bool> {
    let question = report::reset_all(changed, terminal);
    if !stdin().is_terminal() {
        let what = format!("{question}\nThere is no terminal to answer in: `--all --yes` does it");
        return Err(BadUsage(what).into());
    }
    print!("{question} Go on? (y/n)> ");
    stdout().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
