mod progress;

use std::io::{Write as _, stdout};
use std::time::Duration;

use anyhow::Result;

use super::{BadUsage, Exit, below_verdict};
use crate::course::{Course, ExerciseKind, Slug};
use crate::process::Stop;
use crate::progress::{
    Event, ExerciseOutcome, ExerciseTry, Fingerprints, Log, Time, What, is_unsteady,
};
use crate::report::{self, By, Checked, Recorded, Terminal};
use crate::run::{self, Listener, Options, RunError};
use crate::verdict::{Report, Verdict};
pub(super) use progress::{Notes, Progress};

/// Runs lessons' tests and says what failed and why.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The lessons, as `cargo checker status` lists them
    #[arg(required_unless_present = "all")]
    lesson: Vec<String>,
    /// Check every lesson, a line each
    #[arg(long, conflicts_with = "lesson")]
    all: bool,
    /// Seconds that a lesson's tests may run; compiling does not count
    #[arg(long, value_name = "SECONDS", default_value_t = run::TIME_LIMIT.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    let terminal = Terminal::stdout();
    let options = Options {
        limit: Duration::from_secs(args.limit),
        colour: terminal.has_colour(),
        stop: Stop::never(),
    };
    let lessons = lessons(args, course)?;
    match lessons.as_slice() {
        [lesson] if !args.all => one(course, lesson, &options, &terminal),
        all => many(course, all, &options, &terminal),
    }
}

fn lessons(args: &Args, course: &Course) -> Result<Vec<Slug>> {
    if args.all {
        let with_exercise = course
            .lessons()
            .filter(|lesson| lesson.exercise == ExerciseKind::Program);
        return Ok(with_exercise.map(|lesson| lesson.slug.clone()).collect());
    }
    let mut lessons = Vec::new();
    for lesson in &args.lesson {
        let slug = with_exercise(course, lesson)?;
        if !lessons.contains(&slug) {
            lessons.push(slug);
        }
    }
    Ok(lessons)
}

/// The lesson called `name`, which has an exercise.
pub(super) fn with_exercise(course: &Course, name: &str) -> Result<Slug> {
    let lesson = course.lesson(name)?;
    let slug = &lesson.slug;
    if lesson.exercise == ExerciseKind::None {
        let what = format!(
            "the lesson `{slug}` has no exercise; its quiz completes it: `cargo checker quiz {slug}`"
        );
        return Err(BadUsage(what).into());
    }
    Ok(slug.clone())
}

fn one(course: &Course, lesson: &Slug, options: &Options, terminal: &Terminal) -> Result<Exit> {
    let before = Fingerprints::read(course, lesson);
    let lessons = std::slice::from_ref(lesson);
    let mut judged = run::exercises(course, lessons, options, &Notes)?;
    let (_, verdict) = judged.pop().expect("one lesson, one verdict");
    let verdict = verdict?;
    let recorded = record(course, lesson, &verdict, before);
    // A disk that is full must not hide the verdict.
    let told = *recorded.as_ref().unwrap_or(&Recorded::Yes);
    let below = below_verdict(course, lesson, told, By::Command);
    let shown = report::check(lesson, &verdict, &below, terminal);
    stdout().write_all(shown.as_bytes())?;
    Ok(match (&verdict, recorded?) {
        (Verdict::Passed(_), Recorded::Yes) => Exit::Passed,
        _ => Exit::NotPassed,
    })
}

fn many(course: &Course, lessons: &[Slug], options: &Options, terminal: &Terminal) -> Result<Exit> {
    let progress = Progress::new(lessons.len(), terminal.style.width);
    let checked = check(course, lessons, options, &progress);
    progress.clear();
    let (checked, failed) = checked?;
    stdout().write_all(report::check_all(&checked, terminal).as_bytes())?;
    match failed {
        Some(error) => Err(error),
        None if checked.iter().all(Checked::passed) => Ok(Exit::Passed),
        None => Ok(Exit::NotPassed),
    }
}

/// Runs the tests of `lessons` and writes their verdicts down; also hands out the first error that
/// came of the writing, which must not hide a verdict.
pub(super) fn check(
    course: &Course,
    lessons: &[Slug],
    options: &Options,
    listener: &impl Listener,
) -> Result<(Vec<Checked>, Option<anyhow::Error>), RunError> {
    let before: Vec<_> = lessons
        .iter()
        .map(|lesson| Fingerprints::read(course, lesson))
        .collect();
    let judged = run::exercises(course, lessons, options, listener)?;
    let mut checked = Vec::new();
    let mut failed = None;
    for ((lesson, judged), before) in judged.into_iter().zip(before) {
        let came_to = match judged {
            Ok(verdict) => {
                let recorded = record(course, &lesson, &verdict, before).unwrap_or_else(|error| {
                    failed.get_or_insert(error);
                    Recorded::Yes
                });
                Ok((verdict, recorded))
            }
            Err(error) => Err(format!("{:#}", anyhow::Error::from(error))),
        };
        checked.push(Checked { lesson, came_to });
    }
    Ok((checked, failed))
}

/// Writes the verdict down, unless the lesson's files are no longer those that it is about.
pub(super) fn record(
    course: &Course,
    slug: &Slug,
    verdict: &Verdict,
    files: Fingerprints,
) -> Result<Recorded> {
    let now = Fingerprints::read(course, slug);
    if (&now.source, &now.tests) != (&files.source, &files.tests) {
        return Ok(Recorded::FilesChanged);
    }
    let (Some(outcome), Some(source), Some(tests)) =
        (ExerciseOutcome::of(verdict), files.source, files.tests)
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
