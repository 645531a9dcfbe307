use std::fmt::Write as _;

use record::timeline::text;

use super::{Document, Entry, Exercise, RefusedReceipt, without_control};
use crate::progress::QuizState;
use crate::report::Terminal;
use crate::verdict::{Report, Verdict};

/// The document as Markdown: a table of all lessons, then what stands in the way of each.
pub fn report_markdown(document: &Document) -> String {
    let mut shown = format!(
        "# Course report{}\n\n{} of {} lessons complete.\n\n\
         | lesson | exercise | stretch | quiz | complete |\n|---|---|---|---|---|\n",
        document
            .learner
            .as_deref()
            .map(|name| format!(": {}", on_one_line(name)))
            .unwrap_or_default(),
        document.complete(),
        document.lessons.len()
    );
    for entry in &document.lessons {
        let _ = writeln!(
            shown,
            "| {} | {} | {} | {} | {} |",
            entry.lesson.slug,
            exercise(entry.exercise.as_ref()),
            stretch(entry.exercise.as_ref()),
            quiz(&entry.quiz),
            if entry.is_complete() { "yes" } else { "" }
        );
    }
    for entry in &document.lessons {
        details(&mut shown, entry);
    }
    if !document.refused.is_empty() {
        shown.push_str("\n## Receipts that do not count\n\n");
    }
    for RefusedReceipt { why, .. } in &document.refused {
        let _ = writeln!(shown, "- {}", on_one_line(why));
    }
    shown
}

/// As plain text: a learner names the file, and what is in it.
fn on_one_line(text: &str) -> String {
    without_control(text)
        .replace('\n', " ")
        .replace('<', "&lt;")
}

fn exercise(exercise: Option<&Exercise>) -> String {
    let Some(exercise) = exercise else {
        return "none".to_owned();
    };
    match &exercise.came_to {
        Ok(Verdict::Failed(report) | Verdict::RejectedForTheWrongReason(report)) => {
            let rungs = report.rungs();
            format!(
                "core {} of {}, pattern {} of {}",
                rungs.core.passed, rungs.core.of, rungs.pattern.passed, rungs.pattern.of
            )
        }
        _ => exercise.verdict().replace('_', " "),
    }
}

fn stretch(exercise: Option<&Exercise>) -> String {
    let verdict = exercise.and_then(|exercise| exercise.came_to.as_ref().ok());
    let rungs = verdict.and_then(Verdict::report).map(Report::rungs);
    match rungs {
        Some(rungs) if rungs.stretch.of > 0 => {
            format!("{} of {}", rungs.stretch.passed, rungs.stretch.of)
        }
        _ => String::new(),
    }
}

fn quiz(quiz: &QuizState) -> String {
    match quiz {
        QuizState::None => "none".to_owned(),
        QuizState::NotTried => "not tried".to_owned(),
        QuizState::NotPassed { score, .. } => format!("{} of {}", score.correct, score.of),
        QuizState::Passed { score, .. } => format!("passed, {} of {}", score.correct, score.of),
    }
}

/// What the first failure says; nothing of what has passed or was not begun.
fn details(shown: &mut String, entry: &Entry) {
    let Some(exercise) = &entry.exercise else {
        return;
    };
    let slug = &entry.lesson.slug;
    match &exercise.came_to {
        Ok(Verdict::NotStarted(_)) => {}
        Ok(Verdict::Passed(_)) if !exercise.unsteady => {}
        Ok(Verdict::Passed(_)) => {
            let _ = writeln!(
                shown,
                "\n## {slug}\n\nThe same files have passed on one run and failed on another: a race."
            );
        }
        Ok(Verdict::DidNotCompile(error)) => {
            let _ = writeln!(shown, "\n## {slug}\n\nIt does not compile.");
            fence(shown, &error.rendered);
        }
        Ok(Verdict::Blocked(error)) => {
            let place = error.place.as_ref().map_or_else(
                || "another file".to_owned(),
                |(file, line)| format!("`{}:{line}`", file.display()),
            );
            let _ = writeln!(
                shown,
                "\n## {slug}\n\nNot checked: {place} does not compile."
            );
        }
        Ok(verdict) => {
            let _ = writeln!(shown, "\n## {slug}\n");
            first_failure(shown, verdict);
        }
        Err(why) => {
            let _ = writeln!(shown, "\n## {slug}\n\nNot checked.");
            fence(shown, why);
        }
    }
}

fn first_failure(shown: &mut String, verdict: &Verdict) {
    let Some(report) = verdict.report() else {
        return;
    };
    if !report.unreported.is_empty() {
        let names: Vec<_> = report.unreported.iter().map(|(_, test)| test).collect();
        let _ = writeln!(
            shown,
            "{}: no verdict on {}.",
            match verdict {
                Verdict::Hung(_) => "Stopped at the time limit",
                Verdict::Flooded(_) => "Stopped because the tests print without end",
                _ => "The test program died",
            },
            names
                .iter()
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    let Some(record) = report.first_failure() else {
        return;
    };
    let Some(failure) = record.outcome.failure() else {
        return;
    };
    let place = failure.place.as_deref().unwrap_or("its test");
    let _ = writeln!(
        shown,
        "`{}` at `{place}`: {}",
        record.test,
        without_control(&failure.sentence)
    );
    if let Some(timeline) = &failure.timeline {
        fence(shown, &text::render(timeline, &Terminal::plain().style));
    }
}

/// Longer than any fence within.
fn fence(shown: &mut String, text: &str) {
    let text = without_control(text.trim_end());
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    let _ = writeln!(shown, "\n{fence}text\n{text}\n{fence}");
}
