use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::Fingerprint;
use crate::course::Slug;
use crate::quiz::{self, Answer, Answers, QuestionId};
use crate::verdict::{Rungs, Verdict};

/// Something that the learner did: one line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub time: Time,
    /// In which lesson.
    pub lesson: Slug,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// Seconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub u64);

impl Time {
    /// The wall clock's time; 0 if that stands before 1970.
    pub fn now() -> Self {
        Self(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
        )
    }
}

/// The kinds of event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A question was answered in the terminal; the quiz may still be left halfway.
    QuizAnswer(QuizAnswer),
    /// All questions of a quiz were answered.
    Quiz(QuizTry),
    /// The exercise's tests were run.
    Exercise(ExerciseTry),
    /// A question that was missed at first came back, at the start of a later quiz. It counts for
    /// nothing, but it does not come again.
    Review(Review),
    /// A hint was taken. It counts for nothing, but for the next one.
    Hint(HintTaken),
}

/// A question that was missed at first, asked once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The question, of the event's lesson.
    pub question: QuestionId,
    /// The answer given.
    pub answer: Answer,
}

/// A hint, as far as it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HintTaken {
    /// What it is about.
    pub topic: String,
    /// Up to which level, counted from 1.
    pub level: usize,
}

/// One answer of a quiz that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuizAnswer {
    /// The question.
    pub question: QuestionId,
    /// The answer given.
    pub answer: Answer,
    /// The quiz file, as it was answered.
    pub quiz: Fingerprint,
}

/// A whole quiz, answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuizTry {
    /// Whether enough of the answers were right.
    pub passed: bool,
    /// How many answers were right.
    pub correct: usize,
    /// How many questions there were.
    pub of: usize,
    /// The questions answered wrongly.
    pub wrong: Vec<QuestionId>,
    /// All answers, the right ones too.
    pub answers: Answers,
    /// The quiz file, as it was answered.
    pub quiz: Fingerprint,
}

impl QuizTry {
    /// The try that `result` judges.
    pub fn new(result: &quiz::Result, answers: Answers, quiz: Fingerprint) -> Self {
        let wrong = result.graded.iter().filter(|graded| !graded.correct);
        Self {
            passed: result.passed(),
            correct: result.correct(),
            of: result.graded.len(),
            wrong: wrong.map(|graded| graded.id.clone()).collect(),
            answers,
            quiz,
        }
    }
}

/// A run of the exercise's tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExerciseTry {
    /// What it came to.
    pub outcome: ExerciseOutcome,
    /// How many tests passed, rung by rung.
    pub rungs: Rungs,
    /// The learner's files, as they were run.
    pub source: Fingerprint,
    /// The tests, as they were run.
    pub tests: Fingerprint,
    /// What both were built with. Of older runs it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_with: Option<Fingerprint>,
}

impl ExerciseTry {
    /// Whether the two are runs of the same program, as far as is known.
    pub fn is_of_the_same_files(&self, other: &Self) -> bool {
        let built_with = self.built_with.as_ref().zip(other.built_with.as_ref());
        self.source == other.source
            && self.tests == other.tests
            && built_with.is_none_or(|(one, other)| one == other)
    }
}

/// What a run of an exercise came to, without its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExerciseOutcome {
    /// The core and pattern rungs passed.
    Passed,
    /// Nothing is written yet.
    NotStarted,
    /// Tests failed.
    Failed,
    /// The learner's file, or the tests against it, did not compile.
    DidNotCompile,
    /// A compile-fail case was rejected, but not for its reason.
    RejectedForTheWrongReason,
    /// A test never came to an end.
    Hung,
    /// The test program died.
    Crashed,
    /// The test program printed without end.
    Flooded,
}

impl ExerciseOutcome {
    /// What the log keeps of `verdict`; nothing where the lesson itself was not judged.
    pub fn of(verdict: &Verdict) -> Option<Self> {
        Some(match verdict {
            Verdict::Passed(_) => Self::Passed,
            Verdict::NotStarted(_) => Self::NotStarted,
            Verdict::Failed(_) => Self::Failed,
            Verdict::RejectedForTheWrongReason(_) => Self::RejectedForTheWrongReason,
            Verdict::Hung(_) => Self::Hung,
            Verdict::Crashed(..) => Self::Crashed,
            Verdict::Flooded(_) => Self::Flooded,
            Verdict::DidNotCompile(_) => Self::DidNotCompile,
            Verdict::Blocked(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::CompileError;

    #[test]
    fn the_log_keeps_its_shape() {
        let line = concat!(
            r#"{"time":7,"lesson":"worker_pool","kind":"quiz","passed":false,"correct":1,"of":2,"#,
            r#""wrong":["b"],"answers":{"a":"x","b":{"line":3}},"quiz":"00ff"}"#
        );
        let event: Event = serde_json::from_str(line).expect("an event");
        assert!(matches!(&event.what, What::Quiz(quiz) if quiz.answers.len() == 2));
        assert_eq!(serde_json::to_string(&event).expect("JSON"), line);

        let line = concat!(
            r#"{"time":7,"lesson":"worker_pool","kind":"exercise","outcome":"hung","#,
            r#""rungs":{"core":{"passed":1,"of":2},"pattern":{"passed":0,"of":0},"#,
            r#""stretch":{"passed":0,"of":1}},"source":"00ff","tests":"11aa"}"#
        );
        let event: Event = serde_json::from_str(line).expect("an event");
        assert_eq!(serde_json::to_string(&event).expect("JSON"), line);
    }

    #[test]
    fn what_blocks_a_lesson_is_not_held_against_it() {
        let error = CompileError {
            place: None,
            rendered: String::new(),
            more: 0,
        };
        assert_eq!(ExerciseOutcome::of(&Verdict::Blocked(error)), None);
    }
}
