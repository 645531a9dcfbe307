//! Questions of other lessons that were missed at first: they come back once, before the quiz.

use std::io::{self, Write};

use anyhow::Result;

use super::session::{Ended, Line, Session};
use crate::course::{Course, Slug};
use crate::progress::{Event, Log, Review, Time, What, missed};
use crate::quiz::{self, Answers, Quiz};
use crate::report::Terminal;

/// How many come back at a time: the quiz itself is what was asked for.
const MOST: usize = 4;

/// The questions that come back before the quiz of `lesson`, with the lessons that they are from.
pub(super) fn pending(course: &Course, lesson: &Slug, events: &[Event]) -> Vec<(Slug, Quiz)> {
    let mut pending = Vec::new();
    let mut room = MOST;
    let others = course.lessons().map(|other| &other.slug);
    for slug in others.filter(|slug| *slug != lesson) {
        // Another lesson's quiz that cannot be read is not what was asked for.
        let Ok(quiz) = quiz::load(&course.quiz_path(slug)) else {
            continue;
        };
        let missed = missed(events, slug, &quiz).into_iter().take(room);
        let questions: Vec<_> = missed.cloned().collect();
        room -= questions.len();
        if !questions.is_empty() {
            pending.push((slug.clone(), Quiz { questions }));
        }
    }
    pending
}

/// Asks them; no answers come back, for they count for nothing.
pub(super) fn ask(
    pending: &[(Slug, Quiz)],
    log: &Log,
    terminal: &Terminal,
    lines: &mut impl FnMut() -> io::Result<Line>,
    out: &mut impl Write,
) -> Result<Ended> {
    for (slug, quiz) in pending {
        let what = match quiz.questions.len() {
            1 => "a question".to_owned(),
            many => format!("{many} questions"),
        };
        let heading = format!("Before it, {what} of {slug} that you missed at first. Not counted.");
        writeln!(out, "{}\n", terminal.bold(&heading))?;
        let session = Session {
            quiz,
            kept: Answers::new(),
            terminal: *terminal,
        };
        let ended = session.run(lines, out, |question, answer| {
            log.append(&Event {
                time: Time::now(),
                lesson: slug.clone(),
                what: What::Review(Review {
                    question: question.clone(),
                    answer: answer.clone(),
                }),
            })
        })?;
        if !matches!(ended, Ended::Answered(_)) {
            return Ok(ended);
        }
    }
    Ok(Ended::Answered(Answers::new()))
}
