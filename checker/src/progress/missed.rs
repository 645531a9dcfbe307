use std::collections::BTreeMap;

use super::state::of_lesson;
use super::{Event, Log, RecordError, Review, Time, What};
use crate::course::{Course, Slug};
use crate::quiz::{self, Answer, AnswerError, Answers, Question, QuestionId, Quiz, grade_one};

/// How many come back at a time: the quiz itself is what was asked for.
const MOST: usize = 4;

/// From an evening to the next afternoon, in seconds.
const REST: u64 = 18 * 60 * 60;

/// The latest time at which a question may have been answered that comes back now: what was learnt
/// this morning says nothing yet of what will be known tomorrow.
#[must_use]
pub fn rested() -> Time {
    Time(Time::now().0.saturating_sub(REST))
}

/// The questions that come back before the quiz of `lesson`, with the lessons that they are from;
/// those that were answered later than `before` do not yet.
#[must_use]
pub fn pending(
    course: &Course,
    lesson: &Slug,
    events: &[Event],
    before: Time,
) -> Vec<(Slug, Quiz)> {
    let mut pending = Vec::new();
    let mut room = MOST;
    let others = course.lessons().map(|other| &other.slug);
    for slug in others.filter(|slug| *slug != lesson) {
        // Another lesson's quiz that cannot be read is not what was asked for.
        let Ok(quiz) = quiz::load(&course.quiz_path(slug)) else {
            continue;
        };
        let missed = missed(events, slug, &quiz, before).into_iter().take(room);
        let questions: Vec<_> = missed.cloned().collect();
        room -= questions.len();
        if !questions.is_empty() {
            pending.push((slug.clone(), Quiz { questions }));
        }
    }
    pending
}

/// Records that questions of the lesson `slug` have come back, with what was answered; those that were
/// not to come back, or have already, are left out.
///
/// # Errors
/// If the lesson is unknown, its quiz unusable, an answer does not fit, or the log cannot be read or
/// written. Nothing is recorded then.
pub fn record_review(course: &Course, slug: &str, answers: &Answers) -> Result<(), RecordError> {
    let lesson = &course.lesson(slug)?.slug;
    let quiz = quiz::load(&course.quiz_path(lesson))?;
    let log = Log::of(course);
    let history = log.read()?;
    let missed = missed(&history.events, lesson, &quiz, Time::now());
    let back = missed
        .into_iter()
        .filter_map(|question| Some((question, answers.get(&question.id)?)))
        .map(|(question, answer)| grade_one(question, answer).map(|_| (question, answer)))
        .collect::<Result<Vec<_>, AnswerError>>()?;
    for (question, answer) in back {
        log.append(&Event {
            time: Time::now(),
            lesson: lesson.clone(),
            what: What::Review(Review {
                question: question.id.clone(),
                answer: answer.clone(),
            }),
        })?;
    }
    Ok(())
}

/// The questions of `lesson` whose first answer was wrong, once its quiz has passed; not those that
/// have come back since, nor those that were answered later than `before`. `quiz` is the lesson's.
pub fn missed<'a>(
    events: &[Event],
    lesson: &Slug,
    quiz: &'a Quiz,
    before: Time,
) -> Vec<&'a Question> {
    let mut last: BTreeMap<&QuestionId, Time> = BTreeMap::new();
    let mut first: BTreeMap<&QuestionId, &Answer> = BTreeMap::new();
    let mut back = Vec::new();
    let mut passed = false;
    for event in of_lesson(events, lesson) {
        match &event.what {
            What::Quiz(one) => {
                passed |= one.passed;
                for (id, answer) in &one.answers {
                    first.entry(id).or_insert(answer);
                    last.insert(id, event.time);
                }
            }
            What::QuizAnswer(one) => {
                first.entry(&one.question).or_insert(&one.answer);
                last.insert(&one.question, event.time);
            }
            What::Review(one) => back.push(&one.question),
            What::Exercise(_) | What::Hint(_) => {}
        }
    }
    let questions = quiz.questions.iter().filter(|question| {
        let wrong = first
            .get(&question.id)
            // An answer that no longer fits was given to another question.
            .and_then(|answer| grade_one(question, answer).ok())
            .is_some_and(|graded| !graded.correct);
        let rested = last.get(&question.id).is_none_or(|at| *at <= before);
        passed && wrong && rested && !back.contains(&&question.id)
    });
    questions.collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::progress::{Fingerprint, QuizAnswer, QuizTry, Review};
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

    fn event(what: What) -> Event {
        Event {
            time: Time(1),
            lesson: "a".parse().expect("a slug"),
            what,
        }
    }

    fn answer(question: &str, text: &str) -> Event {
        event(What::QuizAnswer(QuizAnswer {
            question: QuestionId(question.to_owned()),
            answer: Answer::Text(text.to_owned()),
            quiz: Fingerprint::of_text("quiz"),
        }))
    }

    fn ids(events: &[Event]) -> Vec<String> {
        ids_before(events, Time(1))
    }

    fn ids_before(events: &[Event], before: Time) -> Vec<String> {
        let quiz = quiz::parse(QUIZ, Path::new("quiz")).expect("a quiz");
        let slug = "a".parse().expect("a slug");
        let missed = missed(events, &slug, &quiz, before).into_iter();
        missed.map(|question| question.id.0.clone()).collect()
    }

    #[test]
    fn what_was_wrong_at_first_comes_back_once() {
        let quiz = quiz::parse(QUIZ, Path::new("quiz")).expect("a quiz");
        let mut events = vec![answer("one", "1"), answer("two", "3"), answer("two", "2")];
        assert!(ids(&events).is_empty(), "its own quiz asks again");
        let answers: quiz::Answers = [("one", "1"), ("two", "2")]
            .map(|(id, text)| (QuestionId(id.to_owned()), Answer::Text(text.to_owned())))
            .into();
        let result = quiz::grade(&quiz, &answers).expect("they fit");
        let print = Fingerprint::of_text("quiz");
        events.push(event(What::Quiz(QuizTry::new(&result, answers, print))));
        assert_eq!(ids(&events), ["two"]);
        assert!(ids_before(&events, Time(0)).is_empty(), "it comes too soon");
        events.push(event(What::Review(Review {
            question: QuestionId("two".to_owned()),
            answer: Answer::Text("4".to_owned()),
        })));
        assert!(ids(&events).is_empty());
    }
}
