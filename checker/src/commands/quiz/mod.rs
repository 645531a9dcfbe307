mod input;
mod review;
mod session;

use std::fs;
use std::io::{IsTerminal as _, Write, stdin, stdout};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{BadUsage, Exit, onward, quiz_has_passed};
use crate::course::{Course, Lesson, Slug};
use crate::progress::{self, Event, Fingerprint, Log, QuizAnswer, Time, What, kept_answers};
use crate::quiz::{self, AnswersFileError, Quiz};
use crate::report::{self, Terminal};
use session::{Ended, Session};

/// Asks a lesson's quiz, one question at a time.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The lesson, as `cargo checker status` lists it
    lesson: String,
    /// Take the answers from this file instead of asking
    #[arg(long, value_name = "FILE.json")]
    answers: Option<PathBuf>,
    /// Ask all questions, also those that were answered rightly before
    #[arg(long, conflicts_with = "answers")]
    all: bool,
    /// When to ask what you missed at first in other lessons
    #[arg(long, value_enum, value_name = "WHEN", default_value_t,
          conflicts_with_all = ["answers", "print", "template"])]
    missed: Missed,
    /// Print the questions with their ids and letters, and ask nothing
    #[arg(long, conflicts_with_all = ["answers", "all", "template"])]
    print: bool,
    /// Print an answers file to fill in, and ask nothing
    #[arg(long, conflicts_with_all = ["answers", "all"])]
    template: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Missed {
    /// Before this quiz, if your last answer is a day old
    #[default]
    Rested,
    /// Before this quiz, however new your last answer is
    Now,
    /// Not at all
    Never,
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    let lesson = course.lesson(&args.lesson)?;
    let path = course.quiz_path(&lesson.slug);
    let text = quiz::read(&path)?;
    let quiz = quiz::parse(&text, &path)?;
    if args.print || args.template {
        let shown = if args.template {
            quiz::template(&quiz)
        } else {
            report::questions(&quiz, &Terminal::stdout())
        };
        stdout().write_all(shown.as_bytes())?;
        return Ok(Exit::Passed);
    }
    match &args.answers {
        Some(file) => grade(course, lesson, &quiz, file),
        None => ask(course, lesson, &quiz, &Fingerprint::of_text(&text), args),
    }
}

fn grade(course: &Course, lesson: &Lesson, quiz: &Quiz, file: &Path) -> Result<Exit> {
    let text = fs::read_to_string(file).map_err(|error| AnswersFileError {
        path: file.to_owned(),
        line: None,
        what: format!("cannot be read: {error}"),
    })?;
    let (answers, result) = quiz::grade_file(quiz, &text, file).map_err(|mut error| {
        let slug = &lesson.slug;
        error.what = format!(
            "{}\n`cargo checker quiz {slug} --print` shows the questions, and `--template` in its \
             place prints an answers file to fill in",
            error.what
        );
        error
    })?;
    let terminal = Terminal::stdout();
    // A disk that is full must not hide what was right.
    let graded = report::graded(quiz, &result, &terminal);
    stdout().write_all(graded.as_bytes())?;
    let shown = record(course, &lesson.slug, &answers, &terminal)?;
    writeln!(stdout(), "\n{}", shown.trim_end())?;
    Ok(exit(&result))
}

/// Writes the try down, and says what it comes to.
fn record(
    course: &Course,
    slug: &Slug,
    answers: &quiz::Answers,
    terminal: &Terminal,
) -> Result<String> {
    let passed_before = quiz_has_passed(course, slug);
    let result = progress::record_quiz(course, slug.as_str(), answers)?;
    let onward = onward(course, slug);
    Ok(if passed_before && !result.passed() {
        report::not_passed_again(slug, &result, &onward, terminal)
    } else {
        report::result(slug, &result, &onward, terminal)
    })
}

fn ask(
    course: &Course,
    lesson: &Lesson,
    quiz: &Quiz,
    fingerprint: &Fingerprint,
    args: &Args,
) -> Result<Exit> {
    let slug = &lesson.slug;
    if !stdin().is_terminal() {
        let what = format!(
            "the quiz asks its questions in a terminal, and the input is none; \
             give the answers as a file: `cargo checker quiz {slug} --answers <file.json>` \
             (`--template` prints one to fill in, `--print` the questions)"
        );
        return Err(BadUsage(what).into());
    }
    let log = Log::of(course);
    let history = log.read()?;
    if let Some(set_aside) = &history.set_aside {
        eprintln!("warning: {set_aside}");
    }
    let kept = if args.all {
        quiz::Answers::new()
    } else {
        kept_answers(&history.events, slug, quiz, fingerprint)
    };
    let terminal = Terminal::stdout();
    let mut out = stdout().lock();
    let mut lines = input::lines()?;
    let before = match args.missed {
        Missed::Rested => Some(progress::rested()),
        Missed::Now => Some(Time::now()),
        Missed::Never => None,
    };
    let pending = before
        .map(|before| progress::pending(course, slug, &history.events, before))
        .unwrap_or_default();
    let reviewed = review::ask(&pending, &log, &terminal, &mut lines, &mut out)?;
    if !matches!(reviewed, Ended::Answered(_)) {
        return stopped(slug, &reviewed, &mut out);
    }
    writeln!(
        out,
        "{}\n",
        terminal.bold(&format!("Quiz: {}", lesson.title))
    )?;
    let ended = Session {
        quiz,
        kept,
        terminal,
    }
    .run(&mut lines, &mut out, |question, answer| {
        log.append(&Event {
            time: Time::now(),
            lesson: slug.clone(),
            what: What::QuizAnswer(QuizAnswer {
                question: question.clone(),
                answer: answer.clone(),
                quiz: fingerprint.clone(),
            }),
        })
    })?;
    let Ended::Answered(answers) = ended else {
        return stopped(slug, &ended, &mut out);
    };
    let result = quiz::grade(quiz, &answers)?;
    write!(out, "{}", record(course, slug, &answers, &terminal)?)?;
    Ok(exit(&result))
}

fn stopped(slug: &Slug, ended: &Ended, out: &mut impl Write) -> Result<Exit> {
    writeln!(
        out,
        "\n\nStopped. The answers given so far are kept: `cargo checker quiz {slug}` goes on from here."
    )?;
    Ok(match ended {
        Ended::Interrupted => Exit::Interrupted,
        Ended::Answered(_) | Ended::Left => Exit::NotPassed,
    })
}

fn exit(result: &quiz::Result) -> Exit {
    if result.passed() {
        Exit::Passed
    } else {
        Exit::NotPassed
    }
}
