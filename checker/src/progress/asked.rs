use std::collections::BTreeMap;

use serde::Serialize;

use super::state::of_lesson;
use super::{Event, What};
use crate::course::Slug;
use crate::quiz::{Answer, QuestionId, Quiz, grade_one};

/// What became of one question of a quiz.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The question.
    pub question: QuestionId,
    /// Whether the first answer was right; `None` if there was none.
    pub first: Option<bool>,
    /// Whether the last one was.
    pub last: Option<bool>,
}

/// The questions of `quiz`, the quiz of `lesson`, in its order. An answer that no longer fits was given
/// to another question, and counts as none.
pub fn asked(events: &[Event], lesson: &Slug, quiz: &Quiz) -> Vec<Asked> {
    let mut answers: BTreeMap<&QuestionId, Vec<&Answer>> = BTreeMap::new();
    for event in of_lesson(events, lesson) {
        match &event.what {
            What::Quiz(one) => {
                for (id, answer) in &one.answers {
                    answers.entry(id).or_default().push(answer);
                }
            }
            What::QuizAnswer(one) => answers.entry(&one.question).or_default().push(&one.answer),
            What::Review(_) | What::Exercise(_) | What::Hint(_) => {}
        }
    }
    let asked = quiz.questions.iter().map(|question| {
        let given = answers.get(&question.id).map_or(&[][..], Vec::as_slice);
        let mut right = given
            .iter()
            .filter_map(|answer| grade_one(question, answer).ok())
            .map(|graded| graded.correct);
        let first = right.next();
        Asked {
            question: question.id.clone(),
            first,
            last: right.next_back().or(first),
        }
    });
    asked.collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::progress::{Fingerprint, QuizAnswer, Time};
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

    #[test]
    fn the_first_and_the_last_answer_are_told_apart() {
        let lesson: Slug = "pool".parse().expect("a slug");
        let quiz = quiz::parse(QUIZ, Path::new("quiz/pool.toml")).expect("a quiz");
        let answer = |text: &str| Event {
            time: Time(1),
            lesson: lesson.clone(),
            what: What::QuizAnswer(QuizAnswer {
                question: QuestionId("one".to_owned()),
                answer: Answer::Text(text.to_owned()),
                quiz: Fingerprint::of_text(QUIZ),
            }),
        };
        let events = [answer("7"), answer("1")];
        let [one, two] = &asked(&events, &lesson, &quiz)[..] else {
            panic!("two questions");
        };
        assert_eq!((one.first, one.last), (Some(false), Some(true)));
        assert_eq!((two.first, two.last), (None, None));
    }
}
