use record::report::{Outcome, Rung};
use record::timeline::text::{self, Style};
use serde::Serialize;

use super::{Document, Entry, Exercise, RefusedReceipt, without_control};
use crate::course::Slug;
use crate::progress::{Asked, QuizState, Time};
use crate::report::Terminal;
use crate::verdict::{Report, Rungs, Verdict};

/// The version of the document's shape: it grows when a program that reads it would have to change.
pub const SCHEMA: u32 = 2;

/// The JSON Schema of the document.
pub const JSON_SCHEMA: &str = include_str!("../../../report.schema.json");

#[derive(Serialize)]
struct Json<'a> {
    schema: u32,
    checker: &'a str,
    made_at: Time,
    learner: Option<&'a str>,
    summary: Summary,
    lessons: Vec<JsonLesson<'a>>,
    refused_receipts: &'a [RefusedReceipt],
}

#[derive(Serialize)]
struct Summary {
    lessons: usize,
    complete: usize,
    quizzes_passed: usize,
    exercises_passed: usize,
}

#[derive(Serialize)]
struct JsonLesson<'a> {
    slug: &'a Slug,
    title: &'a str,
    part: Option<&'a str>,
    complete: bool,
    quiz: &'a QuizState,
    questions: &'a [Asked],
    exercise: Option<JsonExercise<'a>>,
}

#[derive(Serialize)]
struct JsonExercise<'a> {
    verdict: &'static str,
    runs: usize,
    stretch: bool,
    rungs: Rungs,
    tests: Vec<JsonTest<'a>>,
    message: Option<String>,
    milliseconds: u128,
}

#[derive(Serialize)]
struct JsonTest<'a> {
    rung: Rung,
    test: &'a str,
    outcome: &'static str,
    sentence: Option<String>,
    place: Option<&'a str>,
    timeline: Option<String>,
}

/// The document as JSON; [`JSON_SCHEMA`] describes it.
pub fn report_json(document: &Document) -> serde_json::Value {
    let count = |of: fn(&Entry) -> bool| document.lessons.iter().filter(|one| of(one)).count();
    let json = Json {
        schema: SCHEMA,
        checker: env!("CARGO_PKG_VERSION"),
        made_at: document.made_at,
        learner: document.learner.as_deref(),
        summary: Summary {
            lessons: document.lessons.len(),
            complete: document.complete(),
            quizzes_passed: count(|one| matches!(one.quiz, QuizState::Passed { .. })),
            exercises_passed: count(|one| one.exercise.as_ref().is_some_and(Exercise::passed)),
        },
        lessons: document.lessons.iter().map(lesson).collect(),
        refused_receipts: &document.refused,
    };
    serde_json::to_value(json).expect("the document is plain data")
}

fn lesson(entry: &Entry) -> JsonLesson<'_> {
    JsonLesson {
        slug: &entry.lesson.slug,
        title: &entry.lesson.title,
        part: entry.lesson.part.as_deref(),
        complete: entry.is_complete(),
        quiz: &entry.quiz,
        questions: &entry.questions,
        exercise: entry.exercise.as_ref().map(exercise),
    }
}

fn exercise(exercise: &Exercise) -> JsonExercise<'_> {
    let report = exercise.came_to.as_ref().ok().and_then(Verdict::report);
    let rungs = report.map(Report::rungs).unwrap_or_default();
    JsonExercise {
        verdict: exercise.verdict(),
        runs: exercise.runs,
        stretch: exercise.passed() && rungs.stretch_passed(),
        rungs,
        tests: report.map(tests).unwrap_or_default(),
        message: match &exercise.came_to {
            Ok(Verdict::DidNotCompile(error) | Verdict::Blocked(error)) => {
                Some(without_control(error.rendered.trim_end()))
            }
            Ok(_) => None,
            Err(why) => Some(without_control(why)),
        },
        milliseconds: exercise.took.as_millis(),
    }
}

fn tests(report: &Report) -> Vec<JsonTest<'_>> {
    let style = Style {
        width: 100,
        ..Terminal::plain().style
    };
    let reported = report.records.iter().map(|record| {
        let failure = record.outcome.failure();
        let timeline = failure.and_then(|failure| failure.timeline.as_ref());
        JsonTest {
            rung: record.rung,
            test: &record.test,
            outcome: match record.outcome {
                Outcome::Passed => "passed",
                Outcome::NotWritten(_) => "not_written",
                Outcome::Failed(_) => "failed",
                Outcome::Deadlocked(_) => "deadlocked",
                Outcome::TimedOut(_) => "timed_out",
                Outcome::RejectedForTheWrongReason(_) => "rejected_for_the_wrong_reason",
                Outcome::NotJudged(_) => "not_judged",
            },
            sentence: failure.map(|failure| without_control(&failure.sentence)),
            place: failure.and_then(|failure| failure.place.as_deref()),
            timeline: timeline.map(|timeline| text::render(timeline, &style)),
        }
    });
    let unreported = report.unreported.iter().map(|(rung, test)| JsonTest {
        rung: *rung,
        test,
        outcome: "no_verdict",
        sentence: None,
        place: None,
        timeline: None,
    });
    reported.chain(unreported).collect()
}
