use std::io::{Write as _, stdout};
use std::path::PathBuf;

use anyhow::Result;

use super::receipts::{self, Checked};
use super::{BadUsage, Exit, onward};
use crate::course::Course;
use crate::progress::{Event, Log, What, was_recorded};
use crate::report::{self, Terminal};

/// Records quizzes that were answered on a page without a checker behind it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files that hold what the pages gave; `-` for standard input
    #[arg(required = true)]
    receipt: Vec<PathBuf>,
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    let (good, mut refused) = receipts::check_all(course, &args.receipt)?;
    let terminal = Terminal::stdout();
    let mut exit = Exit::Passed;
    for one in &good {
        record(course, one)?;
        let result = one.result()?;
        let onward = onward(course, &one.slug);
        let shown = format!(
            "{}\n{}",
            report::graded(&one.quiz, &result, &terminal),
            report::result(&one.slug, &result, &onward, &terminal)
        );
        stdout().write_all(shown.as_bytes())?;
        if !result.passed() {
            exit = Exit::NotPassed;
        }
    }
    match (good.len(), refused.len()) {
        (_, 0) => Ok(exit),
        (0, 1) => Err(refused.remove(0).why.into()),
        (good, bad) => {
            for one in refused {
                eprintln!("{} {}", terminal.no(), one.why);
            }
            let of = good + bad;
            let what = format!("{bad} of {of} receipts do not count, see above; {good} do");
            Err(BadUsage(what).into())
        }
    }
}

/// Each try counts once, however often its receipt comes, and from however many programs at once.
fn record(course: &Course, one: &Checked) -> Result<()> {
    let log = Log::of(course);
    for event in one.events()? {
        let is_known = |events: &[Event]| match &event.what {
            What::Quiz(new) => was_recorded(events, &one.slug, &new.answers, &new.quiz),
            _ => false,
        };
        log.append_unless(&event, is_known)?;
    }
    Ok(())
}
