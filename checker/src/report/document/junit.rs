use std::fmt::Write as _;
use std::time::Duration;

use record::report::{Outcome, Record, Rung};

use super::{Document, Entry, Exercise, RefusedReceipt, without_control};
use crate::progress::QuizState;
use crate::report::failure::name_of;
use crate::verdict::{CompileError, Report, Verdict};

/// The document in the XML of `JUnit`: a suite for each lesson, a case for each test and one for the quiz.
/// What is not begun is skipped, and so is a stretch test that does not pass, for it counts for
/// nothing; its message says so.
pub fn report_junit(document: &Document) -> String {
    let mut suites: Vec<Suite> = document.lessons.iter().map(Suite::of).collect();
    if !document.refused.is_empty() {
        suites.push(Suite::of_receipts(&document.refused));
    }
    let all = suites.iter().flat_map(|suite| &suite.cases);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let time = suites.iter().map(|suite| suite.took).sum();
    let _ = writeln!(xml, "<testsuites name=\"course\"{}>", totals(all, time));
    for Suite { name, took, cases } in &suites {
        let sums = totals(cases.iter(), *took);
        let _ = writeln!(xml, "  <testsuite name=\"{name}\"{sums}>");
        for case in cases {
            case.write(&mut xml, name);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// One `<testsuite>`.
struct Suite<'a> {
    name: &'a str,
    took: Duration,
    cases: Vec<Case>,
}

impl<'a> Suite<'a> {
    fn of(entry: &'a Entry) -> Self {
        let exercise = entry.exercise.as_ref();
        Self {
            name: entry.lesson.slug.as_str(),
            took: exercise.map_or(Duration::ZERO, |exercise| exercise.took),
            cases: cases(entry),
        }
    }

    fn of_receipts(refused: &[RefusedReceipt]) -> Self {
        let cases = refused.iter().map(|one| Case {
            class: "refused",
            name: one.receipt.clone(),
            came_to: CameTo::Error(Problem::new("refused", &*one.why, "")),
        });
        Self {
            name: "receipts",
            took: Duration::ZERO,
            cases: cases.collect(),
        }
    }
}

/// One `<testcase>`.
struct Case {
    /// After the lesson's name, what the case belongs to: `core`, `quiz`.
    class: &'static str,
    name: String,
    came_to: CameTo,
}

enum CameTo {
    Passed,
    Skipped(String),
    Failed(Problem),
    /// Not even a failure: there was no run to judge.
    Error(Problem),
}

struct Problem {
    kind: &'static str,
    message: String,
    details: String,
}

impl Problem {
    fn new(kind: &'static str, message: impl Into<String>, details: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            details: details.into(),
        }
    }
}

impl Case {
    fn write(&self, xml: &mut String, lesson: &str) {
        let _ = write!(
            xml,
            "    <testcase classname=\"{lesson}.{}\" name=\"{}\" time=\"0\"",
            self.class,
            escape(&self.name)
        );
        let (tag, problem) = match &self.came_to {
            CameTo::Passed => {
                xml.push_str("/>\n");
                return;
            }
            CameTo::Skipped(why) => {
                let why = escape(why);
                let _ = writeln!(xml, "><skipped message=\"{why}\"/></testcase>");
                return;
            }
            CameTo::Failed(problem) => ("failure", problem),
            CameTo::Error(problem) => ("error", problem),
        };
        let _ = writeln!(
            xml,
            ">\n      <{tag} type=\"{}\" message=\"{}\">{}</{tag}>\n    </testcase>",
            problem.kind,
            escape(&problem.message),
            escape(&problem.details)
        );
    }
}

fn totals<'a>(cases: impl Iterator<Item = &'a Case>, time: Duration) -> String {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.came_to {
            CameTo::Passed => {}
            CameTo::Skipped(_) => skipped += 1,
            CameTo::Failed(_) => failures += 1,
            CameTo::Error(_) => errors += 1,
        }
    }
    format!(
        " tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" \
         time=\"{:.3}\"",
        time.as_secs_f64()
    )
}

fn cases(entry: &Entry) -> Vec<Case> {
    let mut cases = Vec::new();
    if let Some(exercise) = &entry.exercise {
        of_exercise(exercise, &mut cases);
    }
    let quiz = match &entry.quiz {
        QuizState::None => return cases,
        QuizState::NotTried => CameTo::Skipped("not tried".to_owned()),
        QuizState::NotPassed { score, .. } => CameTo::Failed(Problem::new(
            "quiz",
            format!("{} of {} right", score.correct, score.of),
            "",
        )),
        QuizState::Passed { .. } => CameTo::Passed,
    };
    cases.push(Case {
        class: "quiz",
        name: "quiz".to_owned(),
        came_to: quiz,
    });
    cases
}

fn of_exercise(exercise: &Exercise, cases: &mut Vec<Case>) {
    let whole = |came_to| Case {
        class: "exercise",
        name: "exercise".to_owned(),
        came_to,
    };
    let compiler = |kind, error: &CompileError| {
        let rendered = without_control(error.rendered.trim_end());
        let first = rendered.lines().next().unwrap_or_default().to_owned();
        CameTo::Error(Problem::new(kind, first, rendered))
    };
    let report = match &exercise.came_to {
        Err(why) => {
            let why = without_control(why);
            let error = CameTo::Error(Problem::new("not_checked", why, ""));
            return cases.push(whole(error));
        }
        Ok(Verdict::DidNotCompile(error)) => {
            return cases.push(whole(compiler("did_not_compile", error)));
        }
        Ok(Verdict::Blocked(error)) => return cases.push(whole(compiler("blocked", error))),
        Ok(Verdict::NotStarted(_)) => {
            return cases.push(whole(CameTo::Skipped("not started".to_owned())));
        }
        Ok(
            Verdict::Passed(report)
            | Verdict::Failed(report)
            | Verdict::RejectedForTheWrongReason(report)
            | Verdict::Hung(report)
            | Verdict::Crashed(report, _)
            | Verdict::Flooded(report),
        ) => report,
    };
    if exercise.unsteady {
        let why = "the same files have passed on one run and failed on another: a race";
        cases.push(whole(CameTo::Failed(Problem::new("unsteady", why, ""))));
    }
    cases.extend(report.records.iter().map(|record| Case {
        class: name_of(record.rung),
        name: record.test.clone(),
        came_to: of_record(record),
    }));
    cases.extend(unreported(report, exercise.verdict()));
}

fn of_record(record: &Record) -> CameTo {
    let kind = match &record.outcome {
        Outcome::Passed => return CameTo::Passed,
        Outcome::NotWritten(_) => "not_written",
        Outcome::Failed(_) => "failed",
        Outcome::Deadlocked(_) => "deadlocked",
        Outcome::TimedOut(_) => "timed_out",
        Outcome::RejectedForTheWrongReason(_) => "rejected_for_the_wrong_reason",
        Outcome::NotJudged(_) => "not_judged",
    };
    let failure = record.outcome.failure().expect("it did not pass");
    let sentence = without_control(&failure.sentence);
    if record.rung == Rung::Stretch {
        return CameTo::Skipped(format!("stretch, which counts for no pass: {sentence}"));
    }
    let place = failure.place.iter().map(|place| format!("at {place}"));
    let details = failure.details.iter().map(|detail| without_control(detail));
    let details: Vec<_> = place.chain(details).collect();
    CameTo::Failed(Problem::new(kind, sentence, details.join("\n")))
}

fn unreported(report: &Report, verdict: &'static str) -> impl Iterator<Item = Case> {
    let why = match verdict {
        "hung" => "stopped at the time limit before it had a verdict",
        "flooded" => "stopped because the tests print without end",
        _ => "the test program died before it had a verdict",
    };
    report.unreported.iter().map(move |(rung, test)| Case {
        class: name_of(*rung),
        name: test.clone(),
        came_to: CameTo::Error(Problem::new(verdict, why, "")),
    })
}

fn escape(text: &str) -> String {
    without_control(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
