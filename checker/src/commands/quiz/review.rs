//! Questions of other lessons that were missed at first: they come back once, before the quiz.

use std::io::{self, Write};

use anyhow::Result;

use super::session::{Ended, Line, Session};
use crate::course::Slug;
use crate::progress::{Event, Log, Review, Time, What};
use crate::quiz::{Answers, Quiz};
use crate::report::Terminal;

/// Typed at a question, it leaves out the rest of them.
const SKIP: &str = "skip";

/// Asks them; no answers come back, for they count for nothing. Whoever skips them is asked another
/// time.
pub(super) fn ask(
    pending: &[(Slug, Quiz)],
    log: &Log,
    terminal: &Terminal,
    lines: &mut impl FnMut() -> io::Result<Line>,
    out: &mut impl Write,
) -> Result<Ended> {
    let mut skipped = false;
    let mut or_skip = || {
        let line = lines()?;
        skipped |= matches!(&line, Line::Text(text) if text.trim() == SKIP);
        Ok(if skipped { Line::End } else { line })
    };
    for (slug, quiz) in pending {
        let what = match quiz.questions.len() {
            1 => "a question".to_owned(),
            many => format!("{many} questions"),
        };
        let heading = format!("Before it, {what} of {slug} that you missed at first.");
        writeln!(
            out,
            "{}\nNot counted; `{SKIP}` goes on to the quiz.\n",
            terminal.bold(&heading)
        )?;
        let session = Session {
            quiz,
            kept: Answers::new(),
            terminal: *terminal,
        };
        let ended = session.run(&mut or_skip, out, |question, answer| {
            log.append(&Event {
                time: Time::now(),
                lesson: slug.clone(),
                what: What::Review(Review {
                    question: question.clone(),
                    answer: answer.clone(),
                }),
            })
        })?;
        match ended {
            Ended::Answered(_) => {}
            Ended::Left if skipped => break,
            Ended::Left | Ended::Interrupted => return Ok(ended),
        }
    }
    if skipped {
        writeln!(out, "\n")?;
    }
    Ok(Ended::Answered(Answers::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::Course;
    use crate::quiz;

    const QUIZ: &str = r#"
[[questions]]
id = "one"
type = "ShortAnswer"
prompt.prompt = "1?"
prompt.feedback = ""
answer.answer = "1"
context = ""

[[questions]]
id = "two"
type = "ShortAnswer"
prompt.prompt = "2?"
prompt.feedback = ""
answer.answer = "2"
context = ""
"#;

    /// Plays the review of two lessons against what is typed; then comes Ctrl-D.
    fn played(typed: &[&str]) -> (Ended, usize, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let course = Course::from_summary(folder.path(), "# Summary\n").expect("a course");
        let quiz = || quiz::parse(QUIZ, std::path::Path::new("quiz")).expect("a quiz");
        let pending = ["a", "b"].map(|slug| (slug.parse().expect("a slug"), quiz()));
        let mut typed = typed.iter().map(|line| Line::Text((*line).to_owned()));
        let mut lines = || Ok(typed.next().unwrap_or(Line::End));
        let mut out = Vec::new();
        let log = Log::of(&course);
        let ended = ask(&pending, &log, &Terminal::plain(), &mut lines, &mut out);
        let kept = log.read().expect("read").events.len();
        let out = String::from_utf8(out).expect("text");
        (ended.expect("nothing fails"), kept, out)
    }

    #[test]
    fn one_word_skips_the_rest_and_goes_on_to_the_quiz() {
        let (ended, kept, out) = played(&["1", "skip"]);
        assert_eq!((ended, kept), (Ended::Answered(Answers::new()), 1), "{out}");
        assert!(out.contains("`skip` goes on to the quiz."), "{out}");
        assert!(!out.contains("questions of b"), "{out}");
        let (ended, kept, out) = played(&["1", "2", "1"]);
        assert_eq!((ended, kept), (Ended::Left, 3), "{out}");
    }
}
