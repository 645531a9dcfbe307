use std::io::{Write as _, stdout};

use anyhow::Result;

use super::check::with_exercise;
use super::spoil::{are_there, may_be_shown};
use super::{BadUsage, Exit};
use crate::course::{Course, Slug};
use crate::report::{self, Terminal};
use crate::solutions::{self, KnownMistake};
use crate::workshop::{Mode, Workshop};

/// Explains the mistakes that an exercise's tests reject, once it has passed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The lesson, as `cargo checker status` lists it
    lesson: String,
    /// The mistakes to run, by number or name; without any, all are listed
    mistake: Vec<String>,
    /// Run all of them
    #[arg(long, conflicts_with = "mistake")]
    all: bool,
    /// Show them although the exercise has not passed
    #[arg(long)]
    spoil: bool,
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    let slug = with_exercise(course, &args.lesson)?;
    are_there(course)?;
    let mistakes = solutions::mistakes(course, &slug)?;
    if mistakes.is_empty() {
        return Err(BadUsage(format!("no mistakes are known for `{slug}`")).into());
    }
    let chosen = chosen(args, &slug, &mistakes)?;
    if !may_be_shown(course, &slug, args.spoil, "mistakes")? {
        return Ok(Exit::NotPassed);
    }
    let terminal = Terminal::stdout();
    if chosen.is_empty() {
        let shown = report::mistakes(&slug, &mistakes, &terminal);
        stdout().write_all(shown.as_bytes())?;
        return Ok(Exit::Passed);
    }
    let which: Vec<&KnownMistake> = chosen.iter().map(|index| &mistakes[*index]).collect();
    let workshop = Workshop::open(course, Mode::InUse)?;
    workshop.say(match which.len() {
        1 => "compiling the mistake with the lesson's tests …",
        _ => "compiling the mistakes with the lesson's tests …",
    });
    let runs = solutions::demonstrate(course, &workshop, &slug, &which)?;
    for ((index, mistake), run) in chosen.iter().zip(which).zip(runs) {
        let shown = report::mistake(index + 1, mistake, run.as_ref(), &terminal);
        stdout().write_all(shown.as_bytes())?;
    }
    Ok(Exit::Passed)
}

/// Indices into `mistakes`.
fn chosen(args: &Args, slug: &Slug, mistakes: &[KnownMistake]) -> Result<Vec<usize>> {
    if args.all {
        return Ok((0..mistakes.len()).collect());
    }
    let index = |given: &String| {
        let index = match given.parse::<usize>() {
            Ok(number) => number
                .checked_sub(1)
                .filter(|index| *index < mistakes.len()),
            Err(_) => mistakes.iter().position(|mistake| mistake.name == *given),
        };
        index.ok_or_else(|| {
            let what = format!(
                "`{slug}` has no mistake `{given}`; `cargo checker mistakes {slug}` lists them \
                 from 1 to {}",
                mistakes.len()
            );
            BadUsage(what).into()
        })
    };
    args.mistake.iter().map(index).collect()
}
