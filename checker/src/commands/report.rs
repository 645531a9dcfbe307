use std::collections::BTreeMap;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::check::Progress;
use super::{BadUsage, Exit, receipts};
use crate::course::{Course, ExerciseKind, Lesson, Slug};
use crate::files::save;
use crate::process::Stop;
use crate::progress::{
    Asked, Event, ExerciseOutcome, ExerciseTry, Fingerprints, Log, Time, What, asked, is_unsteady,
    lesson_state,
};
use crate::quiz;
use crate::report::{self, Document, Entry, Exercise, RefusedReceipt, Terminal};
use crate::run::{self, Listener, Options};
use crate::verdict::{Report, Verdict};

/// Reports on quizzes and exercises, in one document.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The lessons, as `cargo checker status` lists them; without any, all
    lesson: Vec<String>,
    /// The document's format; else the file's ending decides, and without one it is markdown
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write into this file, or to this pipe or device, instead of to stdout; several files hold
    /// the same run, each in the format of its ending: .md, .json, .xml
    #[arg(long, short, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// Count what this receipt holds, as if it had been recorded; one that is bad is named in the
    /// report
    #[arg(long, value_name = "FILE")]
    receipt: Vec<PathBuf>,
    /// Whose report it is; it stands in the report, and `cargo checker overview` shows it
    #[arg(long, value_name = "NAME")]
    learner: Option<String>,
    /// Print the JSON Schema of the JSON format, and report nothing
    #[arg(long, conflicts_with_all = ["lesson", "format", "receipt", "learner"])]
    schema: bool,
    /// Seconds that a lesson's tests may run; compiling does not count
    #[arg(long, value_name = "SECONDS", default_value_t = run::TIME_LIMIT.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    /// For people: a table, and what stands in the way
    #[default]
    Markdown,
    /// For programs; `--schema` prints its JSON Schema
    Json,
    /// For CI systems: XML as `JUnit` has it
    Junit,
}

impl Format {
    fn of(path: &Path) -> Self {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => Self::Json,
            Some("xml") => Self::Junit,
            _ => Self::Markdown,
        }
    }

    fn text(self, document: &Document) -> String {
        match self {
            Self::Markdown => report::report_markdown(document),
            Self::Json => format!("{:#}\n", report::report_json(document)),
            Self::Junit => report::report_junit(document),
        }
    }
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    for path in &args.output {
        may_lie_at(path)?;
    }
    let text: Box<dyn Fn(Format) -> String> = if args.schema {
        Box::new(|_| report::JSON_SCHEMA.to_owned())
    } else {
        let document = document(args, course)?;
        Box::new(move |format| format.text(&document))
    };
    if args.output.is_empty() {
        let text = text(args.format.unwrap_or_default());
        stdout().write_all(text.as_bytes())?;
    }
    for path in &args.output {
        let format = args.format.unwrap_or_else(|| Format::of(path));
        // All of it or nothing: a report that is cut short would lie.
        save(path, text(format).as_bytes())
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(Exit::Passed)
}

/// Refused before any test runs: where the report cannot lie.
fn may_lie_at(path: &Path) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let what = if path.is_dir() {
        format!("{} is a folder; name a file in it", path.display())
    } else if folder.is_dir() {
        return Ok(());
    } else {
        format!("there is no folder {} to write into", folder.display())
    };
    Err(BadUsage(what).into())
}

fn document(args: &Args, course: &Course) -> Result<Document> {
    let lessons = lessons(args, course)?;
    let history = Log::of(course).read()?;
    if let Some(set_aside) = &history.set_aside {
        eprintln!("warning: {set_aside}");
    }
    let (receipts, refused) = receipts::check_all(course, &args.receipt)?;
    let mut events = history.events;
    for receipt in receipts {
        events.extend(receipt.events()?);
    }
    let mut ran = run_tests(course, &lessons, Duration::from_secs(args.limit))?;
    let entries = lessons.into_iter().map(|lesson| {
        let now = Fingerprints::read(course, &lesson.slug);
        let quiz = lesson_state(lesson, &events, &now).quiz;
        let exercise = ran.remove(&lesson.slug).map(|(came_to, took)| Exercise {
            runs: exercise_runs(&events, &lesson.slug),
            unsteady: came_to
                .as_ref()
                .is_ok_and(|verdict| is_a_race(&events, &lesson.slug, verdict, &now)),
            came_to,
            took,
        });
        Entry {
            lesson: lesson.clone(),
            quiz,
            questions: questions(course, &events, &lesson.slug),
            exercise,
        }
    });
    Ok(Document {
        made_at: Time::now(),
        learner: args.learner.clone(),
        lessons: entries.collect(),
        refused: refused
            .into_iter()
            .map(|one| RefusedReceipt {
                receipt: one.path.display().to_string(),
                why: one.why.to_string(),
            })
            .collect(),
    })
}

fn exercise_runs(events: &[Event], slug: &Slug) -> usize {
    let runs = events
        .iter()
        .filter(|event| event.lesson == *slug && matches!(event.what, What::Exercise(_)));
    runs.count()
}

/// None if the quiz cannot be read: the report is about what there is.
fn questions(course: &Course, events: &[Event], slug: &Slug) -> Vec<Asked> {
    let path = course.quiz_path(slug);
    let quiz = std::fs::read_to_string(&path).ok();
    let quiz = quiz.and_then(|text| quiz::parse(&text, &path).ok());
    quiz.map(|quiz| asked(events, slug, &quiz))
        .unwrap_or_default()
}

fn lessons<'a>(args: &Args, course: &'a Course) -> Result<Vec<&'a Lesson>> {
    let chosen = args.lesson.iter().map(|name| course.lesson(name));
    let chosen: Vec<_> = chosen.collect::<Result<_, _>>()?;
    let mut lessons: Vec<_> = course.lessons().collect();
    lessons.retain(|lesson| chosen.is_empty() || chosen.contains(lesson));
    Ok(lessons)
}

/// What the tests of each lesson came to, and how long they took.
type Ran = BTreeMap<Slug, (Result<Verdict, String>, Duration)>;

/// Nothing is written down: to report is not to check.
fn run_tests(course: &Course, lessons: &[&Lesson], limit: Duration) -> Result<Ran> {
    let with_exercise = lessons
        .iter()
        .filter(|lesson| lesson.exercise == ExerciseKind::Program);
    let slugs: Vec<Slug> = with_exercise.map(|lesson| lesson.slug.clone()).collect();
    if slugs.is_empty() {
        return Ok(Ran::new());
    }
    let options = Options {
        limit,
        colour: false,
        stop: Stop::never(),
    };
    let clock = Clock {
        progress: Progress::new(slugs.len(), Terminal::stdout().style.width),
        began: Mutex::default(),
        took: Mutex::default(),
    };
    let judged = run::exercises(course, &slugs, &options, &clock);
    clock.progress.clear();
    let took = clock
        .took
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let judged = judged?.into_iter().map(|(slug, judged)| {
        let took = took.get(&slug).copied().unwrap_or_default();
        let came_to = judged.map_err(|error| format!("{:#}", anyhow::Error::from(error)));
        (slug, (came_to, took))
    });
    Ok(judged.collect())
}

/// Whether the log holds a failure of the same files that pass now.
fn is_a_race(events: &[Event], slug: &Slug, verdict: &Verdict, now: &Fingerprints) -> bool {
    let (Verdict::Passed(report), Some(source), Some(tests)) = (verdict, &now.source, &now.tests)
    else {
        return false;
    };
    let mut events = events.to_vec();
    events.push(Event {
        time: Time::now(),
        lesson: slug.clone(),
        what: What::Exercise(ExerciseTry {
            outcome: ExerciseOutcome::Passed,
            rungs: Report::rungs(report),
            source: source.clone(),
            tests: tests.clone(),
            built_with: None,
        }),
    });
    is_unsteady(&events, slug, source, tests)
}

/// Takes the time of each lesson's tests.
struct Clock {
    progress: Progress,
    began: Mutex<BTreeMap<Slug, Instant>>,
    took: Mutex<BTreeMap<Slug, Duration>>,
}

impl Listener for Clock {
    fn cargo(&self, line: &str) {
        self.progress.cargo(line);
    }

    fn begins(&self, lesson: &Slug) {
        let mut began = self.began.lock().unwrap_or_else(PoisonError::into_inner);
        began.insert(lesson.clone(), Instant::now());
        self.progress.begins(lesson);
    }

    fn ends(&self, lesson: &Slug) {
        let began = self.began.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(began) = began.get(lesson) {
            let mut took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
            took.insert(lesson.clone(), began.elapsed());
        }
        self.progress.ends(lesson);
    }
}
