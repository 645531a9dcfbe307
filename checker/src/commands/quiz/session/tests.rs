use std::convert::Infallible;
use std::path::Path;

use super::*;

const QUIZ: &str = r#"
[[questions]]
id = "several"
type = "MultipleChoice"
prompt.prompt = "Which?"
prompt.distractors = ["wrong"]
prompt.feedback = ["Not this one."]
answer.answer = ["right", "right too"]
answer.feedback = ["Indeed.", "Also."]
context = "Two of three."

[[questions]]
id = "word"
type = "ShortAnswer"
prompt.prompt = "How many?"
prompt.feedback = "Count again."
answer.answer = "3"
context = "There are three."

[[questions]]
id = "program"
type = "Tracing"
prompt.program = "fn main() {\n    println!(\"1\\n2\");\n}"
prompt.feedback = "It prints."
answer.doesCompile = true
answer.stdout = "1\n2"
context = "Both lines."
"#;

/// Plays a session against what is typed; afterwards comes Ctrl-D or Ctrl-C.
fn played(typed: &str, kept: Answers, last: &Line) -> (Ended, Vec<String>, String) {
    let quiz = crate::quiz::parse(QUIZ, Path::new("quiz")).expect("a quiz");
    let session = Session {
        quiz: &quiz,
        kept,
        terminal: Terminal::plain(),
    };
    let mut typed = typed.lines().map(|line| Line::Text(line.to_owned()));
    let mut out = Vec::new();
    let mut kept = Vec::new();
    let ended = session
        .run(
            &mut || Ok(typed.next().unwrap_or_else(|| last.clone())),
            &mut out,
            |id, _| {
                kept.push(id.0.clone());
                Ok::<_, Infallible>(())
            },
        )
        .expect("nothing fails");
    (ended, kept, String::from_utf8(out).expect("it is text"))
}

/// The letters under which the two right choices of `several` are shown.
fn right_letters() -> String {
    let quiz = crate::quiz::parse(QUIZ, Path::new("quiz")).expect("a quiz");
    let Kind::MultipleChoice { choices, .. } = &quiz.questions[0].kind else {
        panic!("another kind");
    };
    let letters = ('a'..).zip(choices);
    letters
        .filter(|(_, choice)| choice.correct)
        .map(|(letter, _)| letter)
        .collect()
}

#[test]
fn all_questions_are_asked_and_each_answer_is_kept_at_once() {
    let typed = format!("{}\nfour\ny\n1\n2\n\n", right_letters());
    let (ended, kept, out) = played(&typed, Answers::new(), &Line::End);
    let Ended::Answered(answers) = ended else {
        panic!("{out}");
    };
    assert_eq!(answers.len(), 3);
    assert_eq!(kept, ["several", "word", "program"]);
    let in_order = [
        "Question 1 of 3",
        "+ Right.",
        "Two of three.",
        "Question 2 of 3: 1 right, 0 wrong so far",
        "x Not right.\nCount again.\n\nThere are three.",
        "   2 |     println!",
        "+ Right.\n\nBoth lines.",
    ];
    let mut rest = out.as_str();
    for words in in_order {
        let at = rest
            .find(words)
            .unwrap_or_else(|| panic!("no `{words}` in:\n{out}"));
        rest = &rest[at + words.len()..];
    }
}

#[test]
fn what_makes_no_sense_is_asked_again_with_the_reason() {
    let typed = format!("z\n\n{}\n\n3\nmaybe\nn\n4\n2\n", right_letters());
    let (ended, kept, out) = played(&typed, Answers::new(), &Line::End);
    assert!(matches!(ended, Ended::Answered(_)), "{out}");
    assert_eq!(kept.len(), 3);
    for words in [
        "There is no `z`: type letters from a to c.",
        "Type letters from a to c.",
        "Type a word or a number.",
        "Type y or n.",
        "Type a line's number, from 1 to 3.",
    ] {
        assert!(out.contains(words), "no `{words}` in:\n{out}");
    }
}

#[test]
fn leaving_halfway_keeps_what_was_answered() {
    let typed = format!("{}\n", right_letters());
    let (ended, kept, _) = played(&typed, Answers::new(), &Line::End);
    assert_eq!((ended, kept), (Ended::Left, vec!["several".to_owned()]));
    let (ended, kept, _) = played(&typed, Answers::new(), &Line::Interrupted);
    assert_eq!(
        (ended, kept),
        (Ended::Interrupted, vec!["several".to_owned()])
    );
}

#[test]
fn what_stands_from_before_is_not_asked() {
    let before = Answers::from([
        (
            QuestionId("several".to_owned()),
            Answer::Text("right".to_owned()),
        ),
        (
            QuestionId("program".to_owned()),
            Answer::FailsToCompile { line: 1 },
        ),
    ]);
    let (ended, kept, out) = played("3\n", before, &Line::End);
    assert!(matches!(ended, Ended::Answered(answers) if answers.len() == 3));
    assert_eq!(kept, ["word"]);
    assert!(out.contains("2 of 3 answers stand from before."), "{out}");
}

#[test]
fn half_of_the_right_choices_is_told_from_a_wrong_one() {
    let half = right_letters()[..1].to_owned();
    let (_, _, out) = played(&half, Answers::new(), &Line::End);
    assert!(
        out.contains("x What you chose is right, but not all of it."),
        "{out}"
    );
    let (_, _, out) = played("abc", Answers::new(), &Line::End);
    assert!(out.contains("x Not right."), "{out}");
}

#[test]
fn a_wrongly_traced_program_is_told_with_what_it_does() {
    let typed = format!("{}\n3\ny\n2\n\n", right_letters());
    let (_, _, out) = played(&typed, Answers::new(), &Line::End);
    assert!(
        out.contains("x Not right.\nIt prints.\n\nIt prints:\n\n    1\n    2\n\nBoth lines."),
        "{out}"
    );
}
