use std::fmt::Write as _;
use std::io::{Write as _, stdout};

use anyhow::Result;

use super::check::with_exercise;
use super::{BadUsage, Exit};
use crate::course::{Course, Hint, Slug, hints};
use crate::progress::{Event, HintTaken, Log, Time, What, level_taken};
use crate::report::{self, By, Terminal};

/// Helps over a stumbling block, a little more each time.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The lesson, as `cargo checker status` lists it
    lesson: String,
    /// Which hint; without it, the questions of all
    number: Option<usize>,
    /// Show this level instead of one more than last time
    #[arg(long, value_name = "N", requires = "number")]
    level: Option<usize>,
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    let slug = &with_exercise(course, &args.lesson)?;
    let terminal = Terminal::stdout();
    let shown = match args.number {
        None => topics(course, slug, By::Command, &terminal)?,
        Some(number) => more(course, slug, number, args.level, &terminal)?,
    };
    stdout().write_all(shown.as_bytes())?;
    Ok(Exit::Passed)
}

/// The questions of all hints.
pub(super) fn topics(course: &Course, slug: &Slug, by: By, terminal: &Terminal) -> Result<String> {
    Ok(report::hint_topics(
        slug,
        &read(course, slug)?,
        by,
        terminal,
    ))
}

/// The hint of this number, up to `level`, or to one more than last time.
pub(super) fn more(
    course: &Course,
    slug: &Slug,
    number: usize,
    level: Option<usize>,
    terminal: &Terminal,
) -> Result<String> {
    let hints = read(course, slug)?;
    let last = hints.len();
    let Some(hint) = number.checked_sub(1).and_then(|index| hints.get(index)) else {
        let what = format!("the lesson `{slug}` has hints from 1 to {last}, and {number} is none");
        return Err(BadUsage(what).into());
    };
    let levels = hint.levels.len();
    if level.is_some_and(|level| !(1..=levels).contains(&level)) {
        let what = format!("hint {number} of `{slug}` has levels from 1 to {levels}");
        return Err(BadUsage(what).into());
    }
    let log = Log::of(course);
    let taken = level_taken(&log.read()?.events, slug, &hint.topic);
    // The first level is the question, which everybody has seen by now.
    let level = level.unwrap_or((taken.max(1) + 1).min(levels));
    let mut shown = report::hint(number, hint, level, terminal);
    if level > taken {
        let remembered = log.append(&Event {
            time: Time::now(),
            lesson: slug.clone(),
            what: What::Hint(HintTaken {
                topic: hint.topic.clone(),
                level,
            }),
        });
        // It counts for nothing, so it is told all the same.
        if let Err(error) = remembered {
            let next = (level + 1).min(levels);
            let _ = writeln!(
                shown,
                "\nThis level is not remembered, so ask for `--level {next}` next: {error}"
            );
        }
    }
    if taken >= levels {
        shown.push_str("That is all there is. The chapter's worked example goes the whole way.\n");
    }
    Ok(shown)
}

fn read(course: &Course, slug: &Slug) -> Result<Vec<Hint>> {
    let path = course.chapter_path(slug);
    let chapter = std::fs::read_to_string(&path)
        .map_err(|error| BadUsage(format!("{} cannot be read: {error}", path.display())))?;
    let hints = hints(&chapter);
    if hints.is_empty() {
        return Err(BadUsage(format!("the lesson `{slug}` has no hints")).into());
    }
    Ok(hints)
}
