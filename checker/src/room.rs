//! Where a class is: several learners' reports on one page, as HTML that needs no network, and as a
//! table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::report::REPORT_SCHEMA;

/// What of a report is shown here.
#[derive(Debug, Deserialize)]
struct Report {
    learner: Option<String>,
    lessons: Vec<Lesson>,
}

#[derive(Debug, Deserialize)]
struct Lesson {
    slug: String,
    title: String,
    complete: bool,
    quiz: Quiz,
    questions: Vec<Question>,
    exercise: Option<Exercise>,
}

#[derive(Debug, Deserialize)]
struct Quiz {
    state: String,
}

#[derive(Debug, Deserialize)]
struct Question {
    question: String,
    first: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Exercise {
    verdict: String,
    runs: u32,
    tests: Vec<Test>,
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Test {
    rung: String,
    #[serde(rename = "test")]
    name: String,
    outcome: String,
    sentence: Option<String>,
}

/// The reports of a class.
#[derive(Debug)]
pub struct Room {
    learners: Vec<Learner>,
}

#[derive(Debug)]
struct Learner {
    name: String,
    lessons: Vec<Lesson>,
}

/// How far a learner is with a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Far {
    Complete,
    ExercisePassed,
    QuizPassed,
    Begun,
    NotBegun,
}

/// Something that stops learners: a test, or a question at its first try.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stop {
    lesson: String,
    what: String,
    /// What one of them was told.
    sentence: Option<String>,
    learners: Vec<String>,
}

impl Room {
    /// Reads reports in JSON. A learner without a name is called what the report's file is.
    ///
    /// # Errors
    /// If one cannot be read, or is not of this version: which, and what to do.
    pub fn read(paths: &[PathBuf]) -> Result<Self, String> {
        let reports = paths.iter().map(|path| {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
            learner(path, &text)
        });
        Ok(Self {
            learners: reports.collect::<Result<_, _>>()?,
        })
    }

    /// The lessons that any report is about, in the order of the first that has them.
    fn lessons(&self) -> Vec<(&str, &str)> {
        let mut lessons: Vec<(&str, &str)> = Vec::new();
        for lesson in self.learners.iter().flat_map(|learner| &learner.lessons) {
            if !lessons.iter().any(|(slug, _)| *slug == lesson.slug) {
                lessons.push((&lesson.slug, &lesson.title));
            }
        }
        lessons
    }

    /// Failing tests of core and pattern, those that stop most learners first.
    fn tests(&self) -> Vec<Stop> {
        self.stops(|lesson| {
            let exercise = lesson.exercise.iter();
            let begun = exercise.filter(|exercise| exercise.verdict != "not_started");
            let tests = begun.flat_map(|exercise| &exercise.tests);
            tests
                .filter(|test| test.rung != "stretch")
                .filter(|test| !matches!(test.outcome.as_str(), "passed" | "not_written"))
                .map(|test| {
                    (
                        format!("{}::{}", test.rung, test.name),
                        test.sentence.clone(),
                    )
                })
                .collect()
        })
    }

    /// Questions that were missed at the first try, those that were missed most often first.
    fn questions(&self) -> Vec<Stop> {
        self.stops(|lesson| {
            let missed = lesson.questions.iter();
            let missed = missed.filter(|question| question.first == Some(false));
            missed
                .map(|question| (question.question.clone(), None))
                .collect()
        })
    }

    fn stops(&self, of: impl Fn(&Lesson) -> Vec<(String, Option<String>)>) -> Vec<Stop> {
        let mut stops: BTreeMap<(String, String), Stop> = BTreeMap::new();
        for learner in &self.learners {
            for lesson in &learner.lessons {
                for (what, sentence) in of(lesson) {
                    let key = (lesson.slug.clone(), what.clone());
                    let stop = stops.entry(key).or_insert_with(|| Stop {
                        lesson: lesson.slug.clone(),
                        what,
                        sentence,
                        learners: Vec::new(),
                    });
                    stop.learners.push(learner.name.clone());
                }
            }
        }
        let mut stops: Vec<_> = stops.into_values().collect();
        stops.sort_by_key(|stop| std::cmp::Reverse(stop.learners.len()));
        stops
    }

    /// One table as Markdown, and what stops most.
    pub fn markdown(&self) -> String {
        let mut text = "| learner |".to_owned();
        let lessons = self.lessons();
        // Writing to a `String` cannot fail, here and below.
        for (slug, _) in &lessons {
            let _ = write!(text, " {slug} |");
        }
        let _ = writeln!(text, "\n|---|{}", "---|".repeat(lessons.len()));
        for learner in &self.learners {
            let _ = write!(text, "| {} |", in_a_cell(&learner.name));
            for (slug, _) in &lessons {
                let _ = write!(text, " {} |", learner.far(slug).word());
            }
            text.push('\n');
        }
        for (title, stops) in [
            ("Tests that stop learners", self.tests()),
            ("Questions missed at the first try", self.questions()),
        ] {
            if stops.is_empty() {
                continue;
            }
            let _ = writeln!(text, "\n{title}:\n");
            for stop in stops {
                let _ = writeln!(
                    text,
                    "- {} of {}: {} `{}`",
                    stop.learners.len(),
                    self.learners.len(),
                    stop.lesson,
                    stop.what
                );
            }
        }
        text
    }

    /// One page, which asks nothing of a network.
    pub fn html(&self) -> String {
        let lessons = self.lessons();
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>The room</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <h1>The room</h1>\n<p>{}</p>\n<div class=\"wide\">\n<table>\n<thead>\n<tr><th scope=\"col\">learner</th>",
            counted(self.learners.len(), "learner")
        );
        for (_, title) in &lessons {
            let _ = write!(page, "<th scope=\"col\">{}</th>", escape(title));
        }
        page.push_str("</tr>\n</thead>\n<tbody>\n");
        for learner in &self.learners {
            let _ = write!(page, "<tr><th scope=\"row\">{}</th>", escape(&learner.name));
            for (slug, _) in &lessons {
                let far = learner.far(slug);
                let _ = write!(
                    page,
                    "<td class=\"{}\">{}{}</td>",
                    far.class(),
                    far.word(),
                    learner.why(slug)
                );
            }
            page.push_str("</tr>\n");
        }
        page.push_str("</tbody>\n</table>\n</div>\n");
        self.stops_as_html(&mut page, "Tests that stop learners", "test", &self.tests());
        self.stops_as_html(
            &mut page,
            "Questions missed at the first try",
            "question",
            &self.questions(),
        );
        page + "</main>\n</body>\n</html>\n"
    }

    fn stops_as_html(&self, page: &mut String, title: &str, kind: &str, stops: &[Stop]) {
        let _ = writeln!(page, "<h2>{title}</h2>");
        if stops.is_empty() {
            page.push_str("<p>None.</p>\n");
            return;
        }
        let _ = writeln!(
            page,
            "<div class=\"wide\">\n<table>\n<thead>\n<tr><th scope=\"col\">learners</th>\
             <th scope=\"col\">lesson</th><th scope=\"col\">{kind}</th><th scope=\"col\">who</th></tr>\n\
             </thead>\n<tbody>"
        );
        for stop in stops {
            let sentence = stop
                .sentence
                .as_deref()
                .map(|sentence| format!("<br><span class=\"says\">{}</span>", escape(sentence)));
            let _ = writeln!(
                page,
                "<tr><td>{} of {}</td><td>{}</td><td><code>{}</code>{}</td><td>{}</td></tr>",
                stop.learners.len(),
                self.learners.len(),
                escape(&stop.lesson),
                escape(&stop.what),
                sentence.unwrap_or_default(),
                escape(&stop.learners.join(", "))
            );
        }
        page.push_str("</tbody>\n</table>\n</div>\n");
    }
}

impl Learner {
    fn lesson(&self, slug: &str) -> Option<&Lesson> {
        self.lessons.iter().find(|lesson| lesson.slug == slug)
    }

    fn far(&self, slug: &str) -> Far {
        self.lesson(slug).map_or(Far::NotBegun, Lesson::far)
    }

    /// What stands in the way, below the word in the table.
    fn why(&self, slug: &str) -> String {
        let exercise = self
            .lesson(slug)
            .and_then(|lesson| lesson.exercise.as_ref());
        let Some(exercise) = exercise else {
            return String::new();
        };
        let failing = exercise
            .tests
            .iter()
            .filter(|test| test.outcome != "passed" && test.outcome != "not_written")
            .count();
        let mut why = match (exercise.verdict.as_str(), failing) {
            ("passed" | "not_started", _) => String::new(),
            ("failed", failing) => counted(failing, "failing test"),
            (verdict, _) => verdict.replace('_', " "),
        };
        if exercise.runs > 1 {
            let runs = counted(exercise.runs as usize, "run");
            why = if why.is_empty() {
                runs
            } else {
                format!("{why}, {runs}")
            };
        }
        if why.is_empty() {
            return why;
        }
        let title = exercise.message.as_deref().map(|message| {
            let first = message.lines().next().unwrap_or_default();
            format!(" title=\"{}\"", escape(first))
        });
        format!(
            "<br><span class=\"says\"{}>{}</span>",
            title.unwrap_or_default(),
            escape(&why)
        )
    }
}

impl Lesson {
    fn far(&self) -> Far {
        let exercise = self.exercise.as_ref().map(|one| one.verdict.as_str());
        if self.complete {
            Far::Complete
        } else if exercise == Some("passed") {
            Far::ExercisePassed
        } else if self.quiz.state == "passed" {
            Far::QuizPassed
        } else if exercise.is_none_or(|verdict| verdict == "not_started")
            && self
                .questions
                .iter()
                .all(|question| question.first.is_none())
        {
            Far::NotBegun
        } else {
            Far::Begun
        }
    }
}

impl Far {
    fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::ExercisePassed => "exercise passed",
            Self::QuizPassed => "quiz passed",
            Self::Begun => "begun",
            Self::NotBegun => "–",
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::ExercisePassed | Self::QuizPassed => "half",
            Self::Begun => "begun",
            Self::NotBegun => "none",
        }
    }
}

fn learner(path: &Path, text: &str) -> Result<Learner, String> {
    let not_one = |what: String| {
        format!(
            "{} is no report of this version: {what}; make it with `cargo checker report -o {}`",
            path.display(),
            path.display()
        )
    };
    let schema = serde_json::from_str::<serde_json::Value>(text)
        .map_err(|error| not_one(error.to_string()))?
        .get("schema")
        .and_then(serde_json::Value::as_u64);
    if schema != Some(u64::from(REPORT_SCHEMA)) {
        return Err(not_one(match schema {
            Some(schema) => {
                format!("its schema is {schema}, and this checker reads {REPORT_SCHEMA}")
            }
            None => "it has no `schema`".to_owned(),
        }));
    }
    let report: Report = serde_json::from_str(text).map_err(|error| not_one(error.to_string()))?;
    let file = || path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Learner {
        name: report.learner.unwrap_or_else(|| file().into_owned()),
        lessons: report.lessons,
    })
}

fn counted(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    }
}

fn in_a_cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

/// What learners wrote must not become part of the page.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem}\
.wide{overflow-x:auto}\
table{border-collapse:collapse;margin:1rem 0}\
th,td{border:1px solid #8886;padding:.3rem .6rem;text-align:left;vertical-align:top}\
thead th{font-weight:600}\
tbody th{font-weight:600;position:sticky;left:0;background:Canvas}\
.complete{background:#2a82}.half{background:#28c2}.begun{background:#d922}\
.says{font-size:.85em;opacity:.8}\
@media print{body{margin:0;font-size:10pt}.wide{overflow:visible}}";

#[cfg(test)]
mod tests {
    use super::*;

    fn report(learner: &str, verdict: &str, first: &str, complete: bool) -> String {
        format!(
            r#"{{"schema": {REPORT_SCHEMA}, "learner": {learner}, "lessons": [{{
                "slug": "pool", "title": "The <pool>", "complete": {complete},
                "quiz": {{"state": "not_tried"}},
                "questions": [{{"question": "who-waits", "first": {first}, "last": true}}],
                "exercise": {{"verdict": "{verdict}", "runs": 3, "message": null, "tests": [
                    {{"rung": "core", "test": "all_ran", "outcome": "{}",
                      "sentence": "only 3 of 4 jobs ran"}},
                    {{"rung": "stretch", "test": "hard", "outcome": "failed", "sentence": "x"}}
                ]}}
            }}]}}"#,
            if verdict == "passed" {
                "passed"
            } else {
                "failed"
            }
        )
    }

    fn room(reports: &[String]) -> Room {
        let learners = (1..).zip(reports);
        let learners = learners.map(|(n, text)| learner(Path::new(&format!("r/{n}.json")), text));
        Room {
            learners: learners.collect::<Result<_, _>>().expect("reports"),
        }
    }

    #[test]
    fn a_table_says_how_far_each_learner_is_and_what_stops_most() {
        let room = room(&[
            report("\"Ann | <b>\"", "passed", "true", true),
            report("null", "failed", "false", false),
            report("null", "failed", "false", false),
        ]);
        assert_eq!(
            room.markdown(),
            "| learner | pool |\n|---|---|\n| Ann \\| <b> | complete |\n| 2 | begun |\n\
             | 3 | begun |\n\nTests that stop learners:\n\n- 2 of 3: pool `core::all_ran`\n\n\
             Questions missed at the first try:\n\n- 2 of 3: pool `who-waits`\n"
        );
        let page = room.html();
        assert!(
            page.contains("<th scope=\"row\">Ann | &lt;b&gt;</th>"),
            "{page}"
        );
        assert!(page.contains("only 3 of 4 jobs ran"));
        assert!(page.contains("2 failing tests, 3 runs"));
        assert!(!page.contains("http"), "it asks nothing of a network");
    }

    #[test]
    fn what_is_no_report_is_named_with_what_to_do() {
        for (text, says) in [
            ("{", "no report of this version: EOF"),
            ("{\"schema\": 1}", "its schema is 1, and this checker reads"),
            ("{}", "it has no `schema`"),
        ] {
            let error = learner(Path::new("a.json"), text).unwrap_err();
            assert!(error.contains(says), "{error}");
            assert!(
                error.ends_with("make it with `cargo checker report -o a.json`"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_learner_who_has_done_nothing_has_not_begun() {
        let room = room(&[report("null", "not_started", "null", false)]);
        assert_eq!(room.tests(), [], "a stub is no obstacle");
        assert_eq!(room.learners[0].far("pool"), Far::NotBegun);
        assert_eq!(room.learners[0].far("other"), Far::NotBegun);
    }
}
