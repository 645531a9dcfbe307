mod progress;

use std::io::{Write as _, stdout};
use std::time::Duration;

use anyhow::Result;

use super::{BadUsage, Exit, below_verdict};
use crate::course::{Course, ExerciseKind, Slug};
use crate::process::Stop;
use crate::progress::{
    BuiltFrom, Event, ExerciseOutcome, ExerciseTry, Fingerprints, Log, Time, What, is_unsteady,
};
use crate::report::{self, By, Checked, Recorded, Terminal};
use crate::run::{self, Listener, Options, Run, RunError};
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
    let lessons = std::slice::from_ref(lesson);
    let then = |lesson: &Slug, run: Run| (record(course, lesson, &run), run.verdict);
    let mut judged = run::exercises_then(course, lessons, options, &Notes, then)?;
    let (_, judged) = judged.pop().expect("one lesson, one verdict");
    let (recorded, verdict) = judged?;
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
    let then = |lesson: &Slug, run: Run| (record(course, lesson, &run), run.verdict);
    let judged = run::exercises_then(course, lessons, options, listener, then)?;
    let mut checked = Vec::new();
    let mut failed = None;
    for (lesson, judged) in judged {
        let came_to = match judged {
            Ok((recorded, verdict)) => {
                let recorded = recorded.unwrap_or_else(|error| {
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

/// Writes the verdict down, unless the lesson's files are no longer those that it is about, or the
/// process that ran the tests has written it down.
pub(super) fn record(course: &Course, slug: &Slug, run: &Run) -> Result<Recorded> {
    let BuiltFrom {
        source,
        tests,
        built_with,
    } = &run.files;
    let now = Fingerprints::read(course, slug);
    if (now.source.as_ref(), now.tests.as_ref()) != (Some(source), Some(tests)) {
        return Ok(Recorded::FilesChanged);
    }
    let Some(outcome) = ExerciseOutcome::of(&run.verdict) else {
        return Ok(Recorded::Yes);
    };
    let one = ExerciseTry {
        outcome,
        rungs: run.verdict.report().map(Report::rungs).unwrap_or_default(),
        source: source.clone(),
        tests: tests.clone(),
        built_with: Some(built_with.clone()),
    };
    let log = Log::of(course);
    let last = |events: &[Event]| {
        let mut tries = events.iter().rev().filter(|event| event.lesson == *slug);
        tries.find_map(|event| match &event.what {
            What::Exercise(one) => Some(one.clone()),
            _ => None,
        })
    };
    if !(run.by_another && last(&log.read()?.events).as_ref() == Some(&one)) {
        log.append(&Event {
            time: Time::now(),
            lesson: slug.clone(),
            what: What::Exercise(one),
        })?;
    }
    let history = log.read()?;
    if let Some(set_aside) = &history.set_aside {
        eprintln!("warning: {set_aside}");
    }
    Ok(if is_unsteady(&history.events, slug, source, tests) {
        Recorded::Unsteady
    } else {
        Recorded::Yes
    })
}
