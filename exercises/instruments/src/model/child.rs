//! The process in which a model runs: the test's own binary once more, for this one test.

use std::env;
use std::fs;
use std::io::{self, Read as _};
use std::panic;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;

use serde::{Deserialize, Serialize};

use super::engine::{self, Waiting};
use super::patience::{A_LITTLE, Patience};
use super::{Body, picture, run_all, tape, unseen};
use crate::identity::{Identity, place};
use crate::report::{Failure, Outcome, REPORT_FILE};
use crate::sampler::HarnessThread;
use crate::timeline::Timeline;

/// Set in the child: the file that it reports to.
const CHILD: &str = "COURSE_MODEL_CHILD";

/// loom's word for an order of too many steps.
const TOO_LONG: &str = "Model exceeded maximum number of branches";

/// How many of them are shown.
const BEGINNING: usize = 10;

/// What the child found.
#[derive(Debug, Serialize, Deserialize)]
enum Report {
    /// The body held in every order.
    Held { orders: u64, operations: usize },
    /// It panicked in one.
    Broke {
        message: String,
        place: Option<String>,
        /// What it takes from where the model does not see it.
        unseen: Option<String>,
        /// In which family of mistakes to look.
        family: Option<String>,
        waiting: Waiting,
        timeline: Box<Timeline>,
    },
}

/// The file to report to, if this is the child.
pub(super) fn report_to() -> Option<PathBuf> {
    env::var_os(CHILD).map(PathBuf::from)
}

/// What the panic hook saw.
struct Panicked {
    message: String,
    place: Option<String>,
    tape: tape::Tape,
    waiting: Waiting,
}

/// The child's side: runs the model and reports. A panic is reported from the hook, before loom
/// unwinds: it would panic again on the way.
pub(super) fn run(report: &Path, body: Body) {
    thread::spawn(end_with_the_parent);
    let (panicked, panics) = channel();
    panic::set_hook({
        let panicked = std::sync::Mutex::new(panicked.clone());
        Box::new(move |info| {
            let seen = Panicked {
                message: info
                    .payload_as_str()
                    .unwrap_or("a panic without a message")
                    .to_owned(),
                place: info.location().map(place),
                tape: tape::read(Clone::clone),
                waiting: engine::waiting(),
            };
            // Only the first counts; the process ends as soon as it is reported.
            let _ = super::lock(&panicked).send(Err(seen));
            loop {
                thread::park();
            }
        })
    });
    // The stack of a modelled thread is too small to write a report on.
    thread::spawn(move || {
        let _ = panicked.send(Ok(run_all(&body)));
    });
    let found = match panics.recv().expect("the hook keeps a sender") {
        Ok(extent) => Report::Held {
            orders: extent.orders,
            operations: extent.operations,
        },
        Err(panic) => {
            let mut tape = panic.tape.settled();
            if panic.message.starts_with(TOO_LONG) {
                tape.events.truncate(BEGINNING);
            }
            Report::Broke {
                unseen: unseen::by(&tape),
                family: tape.family().map(str::to_owned),
                timeline: Box::new(picture::draw(&tape, &panic.message)),
                message: panic.message,
                place: panic.place,
                waiting: panic.waiting,
            }
        }
    };
    let text = serde_json::to_string(&found).expect("a report is plain data");
    fs::write(report, text).expect("the parent made the file");
    process::exit(0);
}

/// A model that never ends must not outlive whoever asked for it.
fn end_with_the_parent() {
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    process::exit(1);
}

/// The parent's side: has the model run and judges what it reports. `path` is the type of the test's
/// body.
pub(super) fn ask(path: &str, identity: &Identity) -> Outcome {
    let trimmed = path.trim_end_matches("::{{closure}}");
    let test = trimmed
        .split_once("::")
        .map_or(trimmed, |(_crate, test)| test);
    let failed = |sentence: String| Failure {
        sentence,
        place: Some(identity.place.clone()),
        details: Vec::new(),
        timeline: None,
    };
    match in_child(test) {
        Ok(Answer::Reported(report)) => judge(report, identity, failed),
        Ok(Answer::Silent(output)) => Outcome::Failed(Failure {
            details: output.lines().map(str::to_owned).collect(),
            ..failed("the model ended without a verdict".to_owned())
        }),
        Ok(Answer::OutOfTime) => Outcome::TimedOut(Failure {
            details: unseen::of_lesson(identity),
            ..failed(
                "the model does not end: a loop in it turns for ever, a call waits for what the model \
                 does not see, or there is too much to try"
                    .to_owned(),
            )
        }),
        Err(error) => Outcome::Failed(failed(format!("the model could not be run: {error}"))),
    }
}

enum Answer {
    Reported(Report),
    /// With what the child printed.
    Silent(String),
    OutOfTime,
}

fn in_child(test: &str) -> io::Result<Answer> {
    let _harness = HarnessThread::here();
    let report = ReportFile::new(test);
    let mut child = Command::new(env::current_exe()?)
        .args([
            test,
            "--exact",
            "--nocapture",
            "--include-ignored",
            "--test-threads=1",
        ])
        .env(CHILD, &report.0)
        .env_remove(REPORT_FILE)
        // The child ends when this pipe closes, however we end.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut stdout = child.stdout.take().expect("it is piped");
    let (ended, end) = channel();
    thread::spawn(move || {
        let _harness = HarnessThread::here();
        let mut output = String::new();
        let _ = stdout.read_to_string(&mut output);
        let _ = ended.send(output);
    });
    let mut patience = Patience::new();
    let end = loop {
        match end.recv_timeout(A_LITTLE) {
            Err(RecvTimeoutError::Timeout) if !patience.is_over(child.id()) => {}
            end => break end,
        }
    };
    // By now it has ended, or has to.
    let _ = child.kill();
    child.wait()?;
    let output = match end {
        Ok(output) => output,
        Err(RecvTimeoutError::Timeout) => return Ok(Answer::OutOfTime),
        Err(RecvTimeoutError::Disconnected) => String::new(),
    };
    let Ok(found) = fs::read_to_string(&report.0) else {
        return Ok(Answer::Silent(output));
    };
    Ok(Answer::Reported(serde_json::from_str(&found)?))
}

/// A file that only this test of this process reports to.
struct ReportFile(PathBuf);

impl ReportFile {
    fn new(test: &str) -> Self {
        let name = format!("model-{}-{}.json", process::id(), test.replace("::", "-"));
        Self(env::temp_dir().join(name))
    }
}

impl Drop for ReportFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn judge(report: Report, identity: &Identity, failed: impl Fn(String) -> Failure) -> Outcome {
    let (message, place, why, by_the_test, waiting, mut timeline) = match report {
        Report::Held { operations: 0, .. } => {
            return Outcome::Failed(Failure {
                details: unseen::of_lesson(identity),
                ..failed(
                    "the model saw no operation at all: it knows the atomics of `sync::atomic`, and of \
                     `std::sync` nothing"
                        .to_owned(),
                )
            });
        }
        Report::Held { .. } => return Outcome::Passed,
        Report::Broke {
            message,
            place,
            unseen,
            family,
            waiting,
            timeline,
        } => {
            // Only the test's own words are about an order.
            let by_the_test = place.as_deref().and_then(file) == file(&identity.place);
            let family = family.filter(|_| by_the_test);
            let why = unseen.or(family);
            (message, place, why, by_the_test, waiting, timeline)
        }
    };
    let mut say = |sentence: &str| {
        sentence.clone_into(&mut timeline.proves);
        Failure {
            sentence: sentence.to_owned(),
            timeline: (!timeline.lanes.is_empty()).then(|| (*timeline).clone()),
            place: place.clone(),
            ..failed(String::new())
        }
    };
    if let Some(rest) = message.strip_prefix("not yet implemented") {
        let what = rest.strip_prefix(": ").unwrap_or("this function");
        return Outcome::NotWritten(Failure {
            timeline: None,
            ..say(&format!("not written yet: {what}"))
        });
    }
    // loom's own words, and ours for them.
    if message.starts_with("deadlock") {
        let failure = say("in this order every thread waits for another, and none ever goes on");
        return Outcome::Deadlocked(Failure {
            place: None,
            ..failure
        });
    }
    if message.starts_with(TOO_LONG) {
        let failure = say(match waiting {
            Waiting::Allowed => {
                "in this order a loop turns for ever: it tries the same again, or waits for a thread \
                 that does not get its turn (`sync::hint::spin_loop()` gives it)"
            }
            Waiting::Forbidden => {
                "in this order a loop turns for ever: it tries the same again, or waits for another \
                 thread's call to end, which no call may do here"
            }
        });
        return Outcome::TimedOut(Failure {
            place: None,
            details: vec!["It begins like this:".to_owned()],
            ..failure
        });
    }
    if message == engine::WAITS {
        return Outcome::Failed(Failure {
            place: None,
            ..say(&message)
        });
    }
    let sentence = if by_the_test {
        message
    } else {
        format!("in this order the code under test panics: {message}")
    };
    Outcome::Failed(Failure {
        details: why.into_iter().collect(),
        ..say(&sentence)
    })
}

/// Of `file:line`.
fn file(place: &str) -> Option<&str> {
    place.rsplit_once(':').map(|(file, _)| file)
}
