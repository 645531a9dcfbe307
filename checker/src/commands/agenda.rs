use std::io::Write as _;

use anyhow::Result;

use super::{BadUsage, Exit};
use crate::agenda::{Frame, markdown, needs, of_hours, plan};
use crate::course::{Course, Slug};

/// Plans a class, from the minutes that the chapters say.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How long the class is
    #[arg(value_enum, default_value = "two-days")]
    frame: Frame,
    /// So many hours instead, in sessions of three, breaks not counted
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=200))]
    hours: Option<u32>,
    /// The lessons, separated by commas; without it, those of the core path
    #[arg(long, value_delimiter = ',', value_name = "LESSON")]
    lessons: Vec<String>,
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    let chosen = args.lessons.iter().map(|name| course.lesson(name));
    let chosen = chosen.map(|lesson| lesson.map(|lesson| lesson.slug.clone()));
    let chosen: Vec<Slug> = chosen.collect::<Result<_, _>>()?;
    let lessons = needs(course, &chosen).map_err(BadUsage)?;
    let sessions = match args.hours {
        Some(hours) => of_hours(hours),
        None => args.frame.sessions(),
    };
    let agenda = plan(&lessons, &sessions, course.curriculum().together());
    let text = markdown(&agenda, &lessons, 2);
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(Exit::Passed)
}
