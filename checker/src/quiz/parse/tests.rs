use proptest::prelude::*;

use super::*;

const CHOICE: &str = r#"
[[questions]]
id = "who-waits"
type = "MultipleChoice"
prompt.prompt = "Who waits?"
prompt.distractors = ["nobody", "the worker"]
prompt.feedback = ["Somebody does.", "It is busy."]
answer.answer = "the caller"
answer.feedback = "Yes."
context = "The queue is full."
"#;

fn error(text: &str) -> String {
    parse(text, Path::new("quiz/x.toml"))
        .unwrap_err()
        .to_string()
}

#[test]
fn a_multiple_choice_question_keeps_each_choice_with_its_feedback() {
    let quiz = parse(CHOICE, Path::new("x")).expect("a quiz");
    let Kind::MultipleChoice { choices, .. } = &quiz.questions[0].kind else {
        panic!("another kind");
    };
    let caller = choices
        .iter()
        .find(|choice| choice.correct)
        .expect("one is right");
    assert_eq!(
        (caller.text.as_str(), caller.feedback.as_str()),
        ("the caller", "Yes.")
    );
    assert_eq!(choices.len(), 3);
}

#[test]
fn a_typo_in_a_key_is_named_with_its_line() {
    for (right, wrong, line) in [
        ("context", "contxt", 10),
        ("prompt.feedback", "prompt.feedbck", 7),
        ("answer.answer", "answer.anwser", 8),
    ] {
        // In a second question: the first one's lines would be wrong.
        let error = error(&format!("{CHOICE}{}", CHOICE.replace(right, wrong)));
        let line = line + CHOICE.lines().count();
        assert!(
            error.starts_with(&format!("quiz/x.toml:{line}:")),
            "{error}"
        );
        let key = wrong.rsplit('.').next().expect("rsplit yields something");
        assert!(error.contains(&format!("unknown field `{key}`")), "{error}");
    }
}

#[test]
fn two_questions_of_one_id_are_refused_with_both_lines() {
    let error = error(&format!("{CHOICE}{CHOICE}"));
    assert!(
        error.contains("`who-waits` was already used on line 2"),
        "{error}"
    );
    assert!(error.starts_with("quiz/x.toml:12:"), "{error}");
}

#[test]
fn a_choice_without_feedback_is_refused() {
    let error = error(&CHOICE.replace(r#"["Somebody does.", "It is busy."]"#, r#"["One."]"#));
    assert!(error.contains("2 choices, but 1 sentences"), "{error}");
}

#[test]
fn an_empty_quiz_is_refused() {
    assert!(error("").contains("at least one"));
}

#[test]
fn a_traced_program_says_either_what_it_prints_or_where_it_fails() {
    let program = "[[questions]]\nid = \"a\"\ntype = \"Tracing\"\nprompt.program = \"\"\n\
                       prompt.feedback = \"\"\nanswer.doesCompile = true\ncontext = \"\"\n";
    assert!(error(program).contains("needs `answer.stdout`"));
}

#[test]
fn a_missing_key_a_wrong_value_and_a_wrong_type_are_told_with_their_line() {
    for (text, line, says) in [
        (
            CHOICE.replace("context = \"The queue is full.\"", ""),
            2,
            "missing field `context`",
        ),
        (
            CHOICE.replace("\"the caller\"", "7"),
            8,
            "a text, or a list of texts",
        ),
        (
            CHOICE.replace("\"The queue is full.\"", "7"),
            10,
            "expected a string",
        ),
        (CHOICE.replace("\"The queue is full.\"", "\"The"), 10, ""),
        (
            CHOICE.replace("MultipleChoice", "MultiChoice"),
            2,
            "there is no type `MultiChoice`",
        ),
        (CHOICE.replace("type", "kind"), 2, "has no `type`"),
        (format!("title = \"x\"\n{CHOICE}"), 1, "unknown key `title`"),
    ] {
        let error = error(&text);
        assert!(
            error.starts_with(&format!("quiz/x.toml:{line}:")),
            "{error}"
        );
        assert!(error.contains(says), "{error}");
    }
}

/// A quiz with a question of each kind, and some of its characters replaced.
fn garbled() -> impl Strategy<Value = String> {
    let whole = include_str!("../../../tests/fixtures/quiz.toml");
    let places = whole.char_indices().map(|(at, _)| at).collect::<Vec<_>>();
    let place = proptest::sample::select(places);
    let inserted = prop_oneof!["[\\]\\[\"'=\n.#{}a-z0-9]{0,6}", any::<String>()];
    let length = 0_usize..60;
    (place, length, inserted).prop_map(move |(from, length, inserted)| {
        let rest: String = whole[from..].chars().skip(length).collect();
        format!("{}{inserted}{rest}", &whole[..from])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_stands_in_a_quiz_is_a_quiz_or_an_error_on_one_of_its_lines(text in garbled()) {
        match parse(&text, Path::new("x.toml")) {
            Ok(quiz) => {
                prop_assert!(!quiz.questions.is_empty());
                let ids: std::collections::BTreeSet<_> =
                    quiz.questions.iter().map(|question| &question.id).collect();
                prop_assert_eq!(ids.len(), quiz.questions.len());
            }
            Err(error) => {
                prop_assert!(!error.what.is_empty());
                let lines = text.split('\n').count();
                prop_assert!((1..=lines).contains(&error.line), "line {} of {lines}", error.line);
            }
        }
    }
}
