//! `{{#explore <name>}}`: a picture that the reader moves, after a prediction.
//!
//! The worked example runs its program ahead for every value of one or two numbers, and writes the
//! runs below `src/timelines/<lesson>/<name>/` (see `worked::Explore`). The chapter asks what the
//! reader expects, as a question with a list of answers, and says what to look for:
//!
//! ```text
//! {{#explore workers}}
//! Six workers share three cores. When is the first thumbnail ready?
//!
//! - After 5 ms: twice the workers, half the time.
//! - After 10 ms, as with three workers.
//! - After 20 ms.
//! {{#/explore}}
//! ```
//!
//! Without JavaScript the question and a table of all runs are readable, and each run has a page.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde::Deserialize;
use thiserror::Error;

use super::markdown::{block, escape, inline};
use crate::course::{Course, Slug};

/// Why a picture cannot be put into its chapter.
#[derive(Debug, Error)]
pub enum ExploreError {
    /// The directive has no name, or words behind it.
    #[error("write `{{{{#explore workers}}}}`, alone on its line")]
    Malformed,
    /// The block has no end.
    #[error("`{{{{#/explore}}}}` is missing below, alone on its line")]
    Open,
    /// The block does not ask.
    #[error("the prediction is a question, then a list of two to four answers")]
    NoPrediction,
    /// There are no runs.
    #[error(
        "{} does not exist; let the worked example show an `Explore` of that name, then \
         `cargo author verify --only pictures --bless`",
        .0.display()
    )]
    NoRuns(PathBuf),
    /// The runs cannot be read.
    #[error("{} is not what `worked::Explore` writes: {what}", .path.display())]
    BadRuns {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

/// What `worked::Explore` lists.
#[derive(Debug, Deserialize)]
struct Runs {
    knobs: Vec<Knob>,
    runs: Vec<Run>,
}

#[derive(Debug, Deserialize)]
struct Knob {
    one: String,
    several: String,
    values: Vec<u64>,
    default: u64,
}

#[derive(Debug, Deserialize)]
struct Run {
    values: Vec<u64>,
    caption: String,
}

/// The chapter's text with each picture in the place of its block; else the line, from 1, and what is
/// wrong there. Fenced code is left as it is.
pub(super) fn expand(
    content: &str,
    course: &Course,
    lesson: &Slug,
) -> Result<String, (usize, ExploreError)> {
    let mut out = String::with_capacity(content.len());
    let mut fence: Option<&str> = None;
    let mut lines = content.split_inclusive('\n').enumerate();
    while let Some((index, line)) = lines.next() {
        let text = line.trim();
        match fence {
            Some(mark) if super::parts::closes(text, mark) => fence = None,
            Some(_) => {}
            None => fence = super::parts::opening(text),
        }
        if fence.is_some() || !text.contains("{{#explore") {
            out.push_str(line);
            continue;
        }
        let at = |error| (index + 1, error);
        let name = name(text).ok_or(at(ExploreError::Malformed))?;
        let mut asked = String::new();
        loop {
            let Some((_, line)) = lines.next() else {
                return Err(at(ExploreError::Open));
            };
            if line.trim() == "{{#/explore}}" {
                break;
            }
            asked.push_str(line);
        }
        let folder = format!("timelines/{lesson}/{name}");
        let picture = Picture::load(course, &folder).map_err(at)?;
        let prediction = Prediction::of(&asked).ok_or(at(ExploreError::NoPrediction))?;
        // An HTML block needs a blank line before it, and one to end it.
        out.push('\n');
        out.push_str(&picture.render(&prediction, name));
        out.push('\n');
    }
    Ok(out)
}

fn name(text: &str) -> Option<&str> {
    let name = text.strip_prefix("{{#explore ")?.strip_suffix("}}")?.trim();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (!name.is_empty() && name.chars().all(fits)).then_some(name)
}

/// What the reader is asked before the picture moves.
struct Prediction {
    /// As HTML.
    question: String,
    answers: Vec<String>,
}

impl Prediction {
    fn of(asked: &str) -> Option<Self> {
        let mut events = Parser::new(asked).into_offset_iter();
        let list = events.find(|(event, _)| matches!(event, Event::Start(Tag::List(_))))?;
        let question = asked[..list.1.start].trim();
        let mut answers = Vec::new();
        let mut start = 0;
        for (event, range) in events {
            match event {
                Event::Start(Tag::Item) => start = range.start,
                Event::End(TagEnd::Item) => {
                    let item = asked[start..range.end].trim();
                    let item = item.trim_start_matches(['-', '*', '+']).trim_start();
                    answers.push(inline(&unwrapped(item)));
                }
                _ => {}
            }
        }
        let asks = !question.is_empty() && (2..=4).contains(&answers.len());
        asks.then(|| Self {
            question: inline(question),
            answers,
        })
    }
}

/// A paragraph's lines as one.
fn unwrapped(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    lines.collect::<Vec<_>>().join(" ")
}

/// The runs, and the picture of the default values.
struct Picture {
    /// Relative to the book's `src`.
    folder: String,
    runs: Runs,
    figures: String,
}

impl Picture {
    fn load(course: &Course, folder: &str) -> Result<Self, ExploreError> {
        let path = Path::new("src").join(folder).join("runs.json");
        let text = fs::read_to_string(course.root().join(&path))
            .map_err(|_| ExploreError::NoRuns(path.clone()))?;
        let bad = |what: String| ExploreError::BadRuns {
            path: path.clone(),
            what,
        };
        let runs: Runs = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
        let defaults: Vec<_> = runs.knobs.iter().map(|knob| knob.default).collect();
        let shown = path.with_file_name(file_name(&defaults));
        let page = fs::read_to_string(course.root().join(&shown))
            .map_err(|_| bad(format!("{} does not exist", shown.display())))?;
        let body = page.split_once("<body>\n").map_or("", |(_, body)| body);
        let figures = body
            .split_once("</body>")
            .map_or("", |(figures, _)| figures);
        if figures.is_empty() {
            return Err(bad(format!("{} holds no picture", shown.display())));
        }
        Ok(Self {
            folder: folder.to_owned(),
            figures: figures.trim_end().to_owned(),
            runs,
        })
    }

    /// One HTML block without a blank line.
    fn render(&self, prediction: &Prediction, name: &str) -> String {
        let id = format!("explore-{name}");
        let mut html = format!(
            "<section class=\"explore\" id=\"{id}\" aria-label=\"A picture that you move: {}\">\n\
             <form class=\"predict\">\n<fieldset>\n<legend>{}</legend>\n<ul class=\"choices\">\n",
            name.replace('_', " "),
            prediction.question
        );
        // Writing to a `String` cannot fail, here and below.
        for answer in &prediction.answers {
            let _ = writeln!(
                html,
                "<li><label><input type=\"radio\" name=\"{id}\" disabled> <span>{answer}</span></label></li>"
            );
        }
        html.push_str("</ul>\n</fieldset>\n</form>\n<div class=\"knobs\" hidden>\n");
        for (number, knob) in (1..).zip(&self.runs.knobs) {
            let at = knob.values.iter().position(|value| *value == knob.default);
            let _ = writeln!(
                html,
                "<p><label for=\"{id}-{number}\">{}</label> <input type=\"range\" id=\"{id}-{number}\" \
                 min=\"0\" max=\"{}\" step=\"1\" value=\"{}\" data-values=\"{}\" data-words=\"{}\n{}\"> \
                 <output for=\"{id}-{number}\"></output></p>",
                capitalised(&knob.several),
                knob.values.len() - 1,
                at.unwrap_or(0),
                joined(&knob.values, " "),
                escape(&knob.one),
                escape(&knob.several),
            );
        }
        let _ = write!(
            html,
            "</div>\n<p class=\"said\" role=\"status\"></p>\n<div class=\"pictures\">\n{}\n</div>\n\
             <details open>\n<summary>All runs as a table</summary>\n<table>\n<thead><tr>",
            self.figures
        );
        for knob in &self.runs.knobs {
            let _ = write!(
                html,
                "<th scope=\"col\">{}</th>",
                capitalised(&knob.several)
            );
        }
        html.push_str("<th scope=\"col\">What the run shows</th></tr></thead>\n<tbody>\n");
        for run in &self.runs.runs {
            self.row(&mut html, run);
        }
        html.push_str("</tbody>\n</table>\n</details>\n</section>\n");
        html
    }

    fn row(&self, html: &mut String, run: &Run) {
        let _ = write!(html, "<tr data-values=\"{}\">", joined(&run.values, "-"));
        let link = format!("{}/{}", self.folder, file_name(&run.values));
        for (place, value) in run.values.iter().enumerate() {
            let _ = if place == 0 {
                write!(
                    html,
                    "<th scope=\"row\"><a href=\"{link}\">{value}</a></th>"
                )
            } else {
                write!(html, "<td>{value}</td>")
            };
        }
        let _ = writeln!(html, "<td>{}</td></tr>", block(&run.caption));
    }
}

/// `6.html`, `6-12.html`: as `worked::Explore` calls them.
fn file_name(values: &[u64]) -> String {
    joined(values, "-") + ".html"
}

fn joined(values: &[u64], between: &str) -> String {
    let values = values.iter().map(u64::to_string);
    values.collect::<Vec<_>>().join(between)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    escape(&(first.unwrap_or_default() + letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNS: &str = r#"{
        "knobs": [{ "one": "worker", "several": "workers", "values": [1, 3], "default": 3 }],
        "runs": [
            { "values": [1], "caption": "One after another." },
            { "values": [3], "caption": "Three at once." }
        ]
    }"#;
    const BLOCK: &str = "Above.\n\n{{#explore workers}}\nHow many\nat once?\n\n- One,\n  and no more.\n- *Three*.\n{{#/explore}}\nBelow.\n";

    fn expanded(content: &str, runs: &str) -> Result<String, (usize, String)> {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("src/timelines/pool/workers");
        fs::create_dir_all(&folder).expect("writable");
        fs::write(folder.join("runs.json"), runs).expect("writable");
        let page = "<html>\n<body>\n<figure>three</figure>\n</body>\n</html>\n";
        fs::write(folder.join("3.html"), page).expect("writable");
        let summary = "# Summary\n- [Pool](pool.md)\n";
        let course = Course::from_summary(root.path(), summary).expect("a course");
        let slug = "pool".parse().expect("a slug");
        expand(content, &course, &slug).map_err(|(line, error)| (line, error.to_string()))
    }

    #[test]
    fn the_picture_comes_with_its_question_its_control_and_its_table() {
        let page = expanded(BLOCK, RUNS).expect("expands");
        for part in [
            "Above.\n\n\n<section class=\"explore\" id=\"explore-workers\"",
            "<legend>How many\nat once?</legend>",
            "<span>One, and no more.</span>",
            "<span><em>Three</em>.</span>",
            "max=\"1\" step=\"1\" value=\"1\" data-values=\"1 3\"",
            "<div class=\"pictures\">\n<figure>three</figure>\n</div>",
            "<tr data-values=\"1\"><th scope=\"row\"><a href=\"timelines/pool/workers/1.html\">1</a></th>",
            "</section>\n\nBelow.\n",
        ] {
            assert!(page.contains(part), "{part}\nis not in\n{page}");
        }
        let start = page.find("<section").expect("there");
        let end = page.find("</section>").expect("there");
        assert!(
            !page[start..end].contains("\n\n"),
            "a blank line ends an HTML block"
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (content, runs, line, says) in [
            ("{{#explore}}\n", RUNS, 1, "write `{{#explore workers}}`"),
            (
                "a\n{{#explore workers}}\n",
                RUNS,
                2,
                "`{{#/explore}}` is missing",
            ),
            (
                "{{#explore workers}}\nWhy?\n- a\n{{#/explore}}\n",
                RUNS,
                1,
                "two to four answers",
            ),
            (
                "{{#explore other}}\n{{#/explore}}\n",
                RUNS,
                1,
                "src/timelines/pool/other/runs.json does not exist",
            ),
            (BLOCK, "{}", 3, "missing field `knobs`"),
            (
                BLOCK,
                &RUNS.replace("\"default\": 3", "\"default\": 1"),
                3,
                "1.html does not exist",
            ),
        ] {
            let (at, said) = expanded(content, runs).expect_err(says);
            assert_eq!(at, line, "{content}");
            assert!(said.contains(says), "{said}");
        }
    }

    #[test]
    fn fenced_code_is_left_alone() {
        let text = "```text\n{{#explore workers}}\n```\n";
        assert_eq!(expanded(text, RUNS).expect("nothing to do"), text);
    }
}
