//! What a lesson's page shows of a run of its exercise.

use record::report::Record;
use record::timeline::{Level, Timeline, svg};

use super::check::{came_to, last_lines_of, words};
use super::failure::{MOST_DETAILS, RUNGS, name_of, path};
use super::{Checked, Recorded, Terminal};
use crate::course::Slug;
use crate::verdict::Verdict;

/// A verdict for a page: plain text, whoever wrote it, but for the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnPage {
    /// Whether the exercise counts as passed by this run.
    pub passed: bool,
    /// The verdict in a word or two.
    pub came_to: String,
    /// A line for each rung.
    pub rungs: Vec<String>,
    /// The first failure's, in the learner's terms.
    pub sentence: String,
    /// Where, and all that is known besides.
    pub details: String,
    /// The run that proves the sentence: a `<figure>`, whose renderer escapes every word that it is
    /// given.
    pub picture: Option<String>,
    /// The reference's run of the same test, drawn to the same axis, if it is known.
    pub reference: Option<String>,
}

/// The run of the reference that a page may show below the one that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The test, with the learner's run of it.
    pub record: Record,
    learners: Timeline,
}

impl Comparison {
    /// Of the failure that a page shows of `checked`; nothing if it shows no run.
    pub fn of(checked: &Checked) -> Option<Self> {
        let (verdict, _) = checked.came_to.as_ref().ok()?;
        if words(&checked.lesson, verdict, &Terminal::plain()).is_some() {
            return None;
        }
        let record = verdict.report()?.first_failure()?;
        let learners = record.outcome.failure()?.timeline.clone()?;
        Some(Self {
            record: record.clone(),
            learners,
        })
    }

    /// Puts `reference` below the learner's run, both to one axis and one scale.
    pub fn add(&self, reference: &Timeline, shown: &mut OnPage) {
        let both = [&self.learners, reference];
        let most = |of: fn(&Timeline) -> u64| both.iter().map(|timeline| of(timeline)).max();
        let options = |whose: &str| svg::Options {
            id: format!("{whose}-{}", self.record.lesson),
            axis_end: most(Timeline::axis_end),
            at_once_max: both.iter().map(|timeline| timeline.most_at_once()).max(),
            level_max: most(|timeline| timeline.level.as_ref().map_or(0, Level::most)),
        };
        shown.picture = Some(svg::render(&self.learners, &options("run")));
        shown.reference = Some(svg::render(reference, &options("reference")));
    }
}

/// What the page of a lesson that was checked shows.
pub fn on_page(checked: &Checked) -> OnPage {
    let mut shown = OnPage {
        passed: checked.passed(),
        came_to: "not checked".to_owned(),
        rungs: Vec::new(),
        sentence: String::new(),
        details: String::new(),
        picture: None,
        reference: None,
    };
    match &checked.came_to {
        Ok((verdict, recorded)) => shown.verdict(&checked.lesson, verdict, *recorded),
        Err(why) => shown.details.clone_from(why),
    }
    shown
}

impl OnPage {
    fn verdict(&mut self, slug: &Slug, verdict: &Verdict, recorded: Recorded) {
        self.came_to = match recorded {
            Recorded::Yes => came_to(verdict),
            Recorded::Unsteady => "passes on some runs only: a race".to_owned(),
            Recorded::FilesChanged => "changed while its tests ran; save it again".to_owned(),
        };
        if let Some(report) = verdict.report() {
            let rungs = report.rungs();
            for rung in RUNGS {
                let tally = rungs.tally(rung);
                if tally.of > 0 {
                    let line = format!("{} {} of {}", name_of(rung), tally.passed, tally.of);
                    self.rungs.push(line);
                }
            }
        }
        if let Some(words) = words(slug, verdict, &Terminal::plain()) {
            words.trim().clone_into(&mut self.details);
            return;
        }
        let Some(record) = verdict.report().and_then(|report| report.first_failure()) else {
            return;
        };
        let Some(failure) = record.outcome.failure() else {
            return;
        };
        self.sentence.clone_from(&failure.sentence);
        let test = format!("test {}", path(record));
        let place = failure.place.as_ref().map(|place| format!("at {place}"));
        let more = failure.details.iter().flat_map(|detail| detail.lines());
        let lines = place.iter().map(String::as_str).chain([test.as_str()]);
        let mut lines: Vec<&str> = lines.chain(more.take(MOST_DETAILS)).collect();
        let printed = verdict.report().map_or("", |report| &report.printed);
        let (printed, _) = last_lines_of(printed);
        if !printed.is_empty() {
            lines.push("it prints last, when it runs alone:");
            lines.extend(printed);
        }
        self.details = lines.join("\n");
        self.picture = failure.timeline.as_ref().map(|timeline| {
            let options = svg::Options {
                id: format!("run-{slug}"),
                axis_end: None,
                at_once_max: None,
                level_max: None,
            };
            svg::render(timeline, &options)
        });
    }
}

#[cfg(test)]
mod tests;
