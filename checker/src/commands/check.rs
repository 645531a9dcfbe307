use std::io::{Write as _, stderr, stdout};
use std::time::Duration;

use anyhow::Result;

use super::{BadUsage, Exit};
use crate::course::{Course, ExerciseKind, Slug};
use crate::progress::{Event, ExerciseTry, Fingerprints, Log, Time, What, is_unsteady};
use crate::report::{self, Recorded, Terminal};
use crate::run::{self, Options};
use crate::verdict::{Report, Verdict};

/// Runs a lesson's tests and says what failed and why.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The lesson, as `cargo checker status` lists it
    lesson: String,
    /// Seconds that the tests may run; compiling does not count
    #[arg(long, value_name = "SECONDS", default_value_t = run::TIME_LIMIT.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
}

pub(super) fn run(args: &Args, course: &Course) -> Result<Exit> {
    let lesson = course.lesson(&args.lesson)?;
    let slug = &lesson.slug;
    if lesson.exercise == ExerciseKind::None {
        let what = format!(
            "the lesson `{slug}` has no exercise; its quiz completes it: `cargo checker quiz {slug}`"
        );
        return Err(BadUsage(what).into());
    }
    let terminal = Terminal::stdout();
    let options = Options {
        limit: Duration::from_secs(args.limit),
        colour: terminal.has_colour(),
    };
    let before = Fingerprints::read(course, slug);
    let verdict = run::exercise(course, slug, options, stderr)?;
    let recorded = record(course, slug, &verdict, before);
    // A disk that is full must not hide the verdict.
    let told = *recorded.as_ref().unwrap_or(&Recorded::Yes);
    let shown = report::check(slug, &verdict, told, &terminal);
    stdout().write_all(shown.as_bytes())?;
    Ok(match (&verdict, recorded?) {
        (Verdict::Passed(_), Recorded::Yes) => Exit::Passed,
        _ => Exit::NotPassed,
    })
}

fn record(
    course: &Course,
    slug: &Slug,
    verdict: &Verdict,
    files: Fingerprints,
) -> Result<Recorded> {
    let now = Fingerprints::read(course, slug);
    if (&now.source, &now.tests) != (&files.source, &files.tests) {
        return Ok(Recorded::FilesChanged);
    }
    let (Some(outcome), Some(source), Some(tests)) = (verdict.outcome(), files.source, files.tests)
    else {
        return Ok(Recorded::Yes);
    };
    let log = Log::of(course);
    log.append(&Event {
        time: Time::now(),
        lesson: slug.clone(),
        what: What::Exercise(ExerciseTry {
            outcome,
            rungs: verdict.report().map(Report::rungs).unwrap_or_default(),
            source: source.clone(),
            tests: tests.clone(),
        }),
    })?;
    let history = log.read()?;
    if let Some(set_aside) = &history.set_aside {
        eprintln!("warning: {set_aside}");
    }
    Ok(if is_unsteady(&history.events, slug, &source, &tests) {
        Recorded::Unsteady
    } else {
        Recorded::Yes
    })
}
