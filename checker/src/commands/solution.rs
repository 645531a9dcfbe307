use std::fs;
use std::io::{Write as _, stderr, stdout};

use anyhow::Result;

use super::check::with_exercise;
use super::spoil::{are_there, may_be_shown};
use super::{BadUsage, Exit};
use crate::course::{Course, Slug, brings_back};
use crate::report::{self, Terminal};
use crate::solutions::{self, OtherDesign};

/// Shows a solution, once the exercise has passed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The lesson, as `cargo checker status` lists it
    lesson: String,
    /// Another design instead of the reference, by the name that is listed below that
    design: Option<String>,
    /// Show it although the exercise has not passed
    #[arg(long)]
    spoil: bool,
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    let slug = with_exercise(course, &args.lesson)?;
    are_there(course)?;
    let designs = solutions::designs(course, &slug)?;
    let (path, sentence) = match &args.design {
        None => (course.solution_path(&slug), None),
        Some(name) => {
            let design = design(name, &slug, &designs)?;
            let path = course.root().join(&design.path);
            (path, Some(design.sentence.as_str()))
        }
    };
    let shown = path.strip_prefix(course.root()).unwrap_or(&path);
    let code = fs::read_to_string(&path).map_err(|error| {
        BadUsage(format!(
            "{} cannot be read: {error}; {}",
            shown.display(),
            brings_back(shown)
        ))
    })?;
    if !may_be_shown(course, &slug, args.spoil, "solution")? {
        return Ok(Exit::NotPassed);
    }
    // Only the program goes to stdout: it can be piped into a file.
    let terminal = Terminal::stdout();
    let above = report::above_solution(shown, sentence, &terminal);
    stderr().write_all(above.as_bytes())?;
    stdout().write_all(code.as_bytes())?;
    stdout().flush()?;
    let below = report::below_solution(&slug, &designs, args.design.as_deref(), &terminal);
    stderr().write_all(below.as_bytes())?;
    Ok(Exit::Passed)
}

fn design<'a>(name: &str, slug: &Slug, designs: &'a [OtherDesign]) -> Result<&'a OtherDesign> {
    let mut all = designs.iter();
    all.find(|design| design.name == name).ok_or_else(|| {
        let names: Vec<_> = designs.iter().map(|design| design.name.as_str()).collect();
        let which = match names.as_slice() {
            [] => "it has no other designs".to_owned(),
            names => format!("its other designs are {}", names.join(", ")),
        };
        BadUsage(format!("`{slug}` has no design called `{name}`; {which}")).into()
    })
}
