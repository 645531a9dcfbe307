mod keys;
mod steps;

use std::io::{IsTerminal as _, Write as _, stdin, stdout};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

use super::check::{record, with_exercise};
use super::{Exit, below_verdict, hint};
use crate::course::{Course, ExerciseKind, Slug};
use crate::files::Watched;
use crate::process::{self, Stopper};
use crate::progress::{self, ExerciseState};
use crate::report::{self, By, Control, Recorded, Terminal, Watching};
use crate::run::{self, Listener, Options, Run, RunError};
use keys::Keys;
use steps::{Happened, Step, Steps};

/// Checks a lesson whenever one of its files is saved.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The lesson; without it, the first whose exercise has not passed
    lesson: Option<String>,
    /// Look at the files this often
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 50,
          value_parser = clap::value_parser!(u64).range(1..))]
    poll: u64,
    /// Seconds that a lesson's tests may run; compiling does not count
    #[arg(long, value_name = "SECONDS", default_value_t = run::TIME_LIMIT.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
}

/// What the threads tell the one that owns the screen.
enum Event {
    Happened(Happened),
    /// Something that explains a wait.
    Note(String),
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    let lesson = match &args.lesson {
        Some(lesson) => Some(with_exercise(course, lesson)?),
        None => next(course, None)?,
    };
    let Some(lesson) = lesson else {
        println!("Every exercise has passed. `cargo checker watch <lesson>` watches one of them.");
        return Ok(Exit::Passed);
    };
    let (events, inbox) = channel();
    report_interrupts(events.clone())?;
    report_saves(course, Duration::from_millis(args.poll), events.clone());
    Watch {
        course,
        lesson,
        limit: Duration::from_secs(args.limit),
        keys: Keys::listen(events.clone())?,
        events,
        running: None,
        last: None,
    }
    .follow(&inbox)
}

/// The first lesson whose exercise has not passed, from the one behind `after` on, round the book.
fn next(course: &Course, after: Option<&Slug>) -> Result<Option<Slug>> {
    let states = progress::overview(course)?.lessons;
    let begin = after
        .and_then(|after| states.iter().position(|state| state.lesson.slug == *after))
        .map_or(0, |index| index + 1);
    let mut round = states.iter().cycle().skip(begin).take(states.len());
    let open = round.find(|state| {
        state.lesson.exercise == ExerciseKind::Program
            && !matches!(state.exercise, ExerciseState::Passed { .. })
    });
    Ok(open.map(|state| state.lesson.slug.clone()))
}

fn report_interrupts(events: Sender<Event>) -> Result<()> {
    let mut interrupt = process::on_interrupt()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    // It ends with the process: nobody else ends a wait for a signal.
    thread::spawn(move || {
        runtime.block_on(interrupt.wanted());
        let _ = events.send(Event::Happened(Happened::Interrupted));
    });
    Ok(())
}

fn report_saves(course: &Course, poll: Duration, events: Sender<Event>) {
    let exercises = course.root().join("exercises");
    let watched = Watched::new(vec![
        exercises.join("src"),
        exercises.join("tests"),
        exercises.join("Cargo.toml"),
    ]);
    let mut seen = watched.stamps();
    thread::spawn(move || {
        loop {
            thread::sleep(poll);
            let now = watched.stamps();
            if now != seen {
                seen = watched.settled(now);
                if events.send(Event::Happened(Happened::Saved)).is_err() {
                    return;
                }
            }
        }
    });
}

/// A run of the lesson's tests, in a thread of its own.
struct Running {
    stopper: Stopper,
    thread: JoinHandle<Result<String>>,
}

struct Watch<'a> {
    course: &'a Course,
    lesson: Slug,
    limit: Duration,
    keys: Option<Keys>,
    events: Sender<Event>,
    running: Option<Running>,
    /// What the last run came to, as it is shown.
    last: Option<String>,
}

impl Watch<'_> {
    fn follow(mut self, inbox: &Receiver<Event>) -> Result<Exit> {
        let mut steps = Steps::default();
        self.take(steps.after(Happened::Saved))?;
        loop {
            let event = inbox.recv().context("every thread of the watch is gone")?;
            let happened = match event {
                Event::Note(line) => {
                    println!("{line}");
                    continue;
                }
                Event::Happened(happened) => happened,
            };
            if let Some(exit) = self.take(steps.after(happened))? {
                return Ok(exit);
            }
        }
    }

    /// Does what is due; tells how to end if that is due.
    fn take(&mut self, steps: Vec<Step>) -> Result<Option<Exit>> {
        for step in steps {
            match step {
                Step::Start => self.start(),
                Step::Cancel => self.cancel(),
                Step::Collect => self.collect()?,
                Step::Discard => self.discard(),
                Step::Show => self.show()?,
                Step::Next => self.next()?,
                Step::List => self.list()?,
                Step::Hints => {
                    let terminal = Terminal::stdout();
                    let shown = hint::topics(self.course, &self.lesson, by(), &terminal);
                    self.page(&said(shown))?;
                }
                Step::Hint(number) => {
                    let terminal = Terminal::stdout();
                    let shown = hint::more(self.course, &self.lesson, number, None, &terminal);
                    self.page(&said(shown))?;
                }
                Step::Quiz => self.quiz()?,
                Step::Quit(exit) => {
                    self.cancel();
                    self.discard();
                    return Ok(Some(exit));
                }
            }
        }
        Ok(None)
    }

    fn start(&mut self) {
        let stopper = Stopper::default();
        let options = Options {
            limit: self.limit,
            colour: Terminal::stdout().has_colour(),
            stop: stopper.handle(),
        };
        let (course, lesson, events) = (
            self.course.clone(),
            self.lesson.clone(),
            self.events.clone(),
        );
        let thread = thread::spawn(move || {
            let checked = check(&course, &lesson, &options, &events);
            // Whoever has quit waits for this thread, not for the news.
            let _ = events.send(Event::Happened(Happened::Done));
            checked
        });
        self.running = Some(Running { stopper, thread });
        // A terminal that is gone is noticed when there is something to say.
        let _ = self.page("");
    }

    fn cancel(&self) {
        if let Some(running) = &self.running {
            running.stopper.stop();
        }
    }

    fn collect(&mut self) -> Result<()> {
        if let Some(running) = self.running.take() {
            let checked = running.thread.join().expect("checking does not panic");
            self.last = Some(said(checked));
        }
        self.show()
    }

    fn discard(&mut self) {
        if let Some(running) = self.running.take() {
            let _ = running.thread.join();
        }
    }

    fn show(&self) -> Result<()> {
        match &self.last {
            Some(last) => self.page(last),
            None => Ok(()),
        }
    }

    fn next(&mut self) -> Result<()> {
        if let Some(next) = next(self.course, Some(&self.lesson))? {
            self.lesson = next;
        }
        Ok(())
    }

    fn list(&self) -> Result<()> {
        let overview = progress::overview(self.course)?;
        self.page(&report::status(&overview, &Terminal::stdout()))
    }

    /// The quiz has the terminal for itself, as if it had been called by its own command.
    fn quiz(&mut self) -> Result<()> {
        if self.keys.take().is_none() {
            return Ok(());
        }
        clear()?;
        Command::new(std::env::current_exe()?)
            .args(["quiz", self.lesson.as_str()])
            .current_dir(self.course.root())
            .status()
            .context("the quiz cannot be started")?;
        self.keys = Keys::listen(self.events.clone())?;
        self.footer()
    }

    fn page(&self, text: &str) -> Result<()> {
        clear()?;
        let mut out = stdout().lock();
        out.write_all(text.as_bytes())?;
        drop(out);
        self.footer()
    }

    fn footer(&self) -> Result<()> {
        let watching = match self.running {
            Some(_) => Watching::Runs,
            None => Watching::Waits,
        };
        let control = match self.keys {
            Some(_) => Control::Keys,
            None => Control::Signals,
        };
        let footer = report::watch_footer(&self.lesson, watching, control, &Terminal::stdout());
        let mut out = stdout().lock();
        writeln!(out, "\n{footer}")?;
        Ok(out.flush()?)
    }
}

/// A screen shows one verdict; a file shows them all.
fn clear() -> Result<()> {
    if stdin().is_terminal() && stdout().is_terminal() {
        let mut out = stdout().lock();
        write!(out, "\x1b[2J\x1b[3J\x1b[H")?;
        out.flush()?;
    }
    Ok(())
}

/// Without a terminal there are no keys.
fn by() -> By {
    if stdin().is_terminal() {
        By::Watch
    } else {
        By::Command
    }
}

/// An error is an answer too: the watch goes on.
fn said(shown: Result<String>) -> String {
    shown.unwrap_or_else(|error| format!("error: {error:#}\n"))
}

fn check(
    course: &Course,
    lesson: &Slug,
    options: &Options,
    events: &Sender<Event>,
) -> Result<String> {
    let listener = Notes(events.clone());
    let lessons = std::slice::from_ref(lesson);
    let then = |lesson: &Slug, run: Run| {
        // What was cancelled is about files that have changed since.
        let recorded = (!options.stop.is_wanted()).then(|| record(course, lesson, &run));
        (run.verdict, recorded)
    };
    let mut judged = run::exercises_then(course, lessons, options, &listener, then)?;
    let (_, judged) = judged.pop().expect("one lesson, one verdict");
    let (verdict, recorded) = judged?;
    let recorded = recorded.ok_or(RunError::Interrupted)?;
    let terminal = Terminal::stdout();
    let told = *recorded.as_ref().unwrap_or(&Recorded::Yes);
    let below = below_verdict(course, lesson, told, by());
    let shown = report::check(lesson, &verdict, &below, &terminal);
    Ok(match recorded {
        Ok(_) => shown,
        Err(error) => format!("{shown}\nerror: {error:#}\n"),
    })
}

struct Notes(Sender<Event>);

impl Notes {
    fn say(&self, line: String) {
        // Whoever has quit need not hear of it.
        let _ = self.0.send(Event::Note(line));
    }
}

impl Listener for Notes {
    fn cargo(&self, line: &str) {
        self.say(line.to_owned());
    }

    fn slow(&self, lesson: &Slug) {
        self.say(report::slow(lesson, &Terminal::stdout()));
    }
}
