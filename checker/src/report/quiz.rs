use std::fmt::Write as _;

use super::{By, Onward, Terminal, markdown, program};
use crate::course::Slug;
use crate::quiz::{Choice, Graded, Kind, Outcome, PASS_PERCENT, Question, Quiz, Result};

/// What is said to one answer: whether it is right, what there is to it, and the explanation.
pub fn feedback(question: &Question, graded: &Graded, terminal: &Terminal) -> String {
    let mut shown = match graded.feedback.as_slice() {
        // The author's own words begin better.
        [only] if graded.correct => format!("{} {}", terminal.yes(), markdown(only, terminal)),
        all => {
            let verdict = if graded.correct {
                format!("{} Right.\n", terminal.yes())
            } else if lacks_a_right_choice(question, graded) {
                format!(
                    "{} What you chose is right, but not all of it.\n",
                    terminal.no()
                )
            } else {
                format!("{} Not right.\n", terminal.no())
            };
            let words = all.iter().map(|words| markdown(words, terminal));
            words.fold(verdict, |shown, words| shown + &words)
        }
    };
    if !graded.correct
        && let Kind::Tracing { outcome, .. } = &question.kind
    {
        shown.push('\n');
        shown.push_str(&what_it_does(outcome));
    }
    if !question.context.trim().is_empty() {
        shown.push('\n');
        shown.push_str(&markdown(&question.context, terminal));
    }
    shown
}

/// The right answer to a traced program.
fn what_it_does(outcome: &Outcome) -> String {
    match outcome {
        Outcome::FailsToCompile { line } => {
            format!("It does not compile: the first error is on line {line}.\n")
        }
        Outcome::Prints(stdout) if stdout.trim().is_empty() => "It prints nothing.\n".to_owned(),
        Outcome::Prints(stdout) => {
            let lines: Vec<_> = stdout
                .trim()
                .lines()
                .map(|line| format!("    {line}\n"))
                .collect();
            format!("It prints:\n\n{}", lines.concat())
        }
    }
}

/// The choices of a question, by letter.
pub fn choices(choices: &[Choice], terminal: &Terminal) -> String {
    let mut narrow = *terminal;
    narrow.style.width -= "  a) ".len();
    let mut shown = String::new();
    for (letter, choice) in ('a'..).zip(choices) {
        let text = markdown(&choice.text, &narrow);
        let mut lines = text.lines();
        let _ = writeln!(shown, "  {letter}) {}", lines.next().unwrap_or_default());
        for line in lines {
            let _ = writeln!(shown, "     {line}");
        }
    }
    shown
}

/// All questions, each under its id, for whoever answers in a file.
pub fn questions(quiz: &Quiz, terminal: &Terminal) -> String {
    let mut shown = String::new();
    for question in &quiz.questions {
        let _ = writeln!(shown, "{}\n", terminal.bold(&question.id.0));
        let (asked, takes) = match &question.kind {
            Kind::MultipleChoice {
                prompt,
                choices: all,
            } => (
                format!("{}\n{}", markdown(prompt, terminal), choices(all, terminal)),
                match question.correct_choices() {
                    Some(1) => "one letter, such as \"a\"",
                    _ => "a list of letters, such as [\"a\", \"b\"]",
                },
            ),
            Kind::ShortAnswer { prompt, .. } => (markdown(prompt, terminal), "a text"),
            Kind::Tracing { program: text, .. } => (
                program(text, terminal),
                "{ \"stdout\": \"what it prints\" }, or { \"line\": 3 } if that line does not compile",
            ),
        };
        let _ = writeln!(
            shown,
            "{asked}\n{}\n",
            terminal.dim(&format!("Answer: {takes}"))
        );
    }
    shown.truncate(shown.trim_end().len());
    shown.push('\n');
    shown
}

fn lacks_a_right_choice(question: &Question, graded: &Graded) -> bool {
    let Kind::MultipleChoice { choices, .. } = &question.kind else {
        return false;
    };
    let mut chosen = choices
        .iter()
        .filter(|choice| graded.feedback.contains(&choice.feedback));
    chosen.all(|choice| choice.correct)
}

/// All answers at once: a line each, and the feedback to the wrong ones.
pub fn graded(quiz: &Quiz, result: &Result, terminal: &Terminal) -> String {
    let mut shown = String::new();
    for (question, graded) in quiz.questions.iter().zip(&result.graded) {
        let mark = if graded.correct {
            terminal.yes()
        } else {
            terminal.no()
        };
        let _ = writeln!(shown, "{mark} {}", question.id);
        if !graded.correct {
            for words in &graded.feedback {
                for line in markdown(words, terminal).lines() {
                    let _ = writeln!(shown, "  {line}");
                }
            }
        }
    }
    shown
}

/// What a quiz came to, and what is missing.
pub fn result(slug: &Slug, result: &Result, onward: &Onward, terminal: &Terminal) -> String {
    let (correct, of) = (result.correct(), result.graded.len());
    if result.passed() {
        let mark = terminal.yes();
        let next = terminal.wrap(&onward.sentence(slug, By::Command), "");
        return format!("{mark} {correct} of {of} right: the quiz of {slug} is passed.\n{next}\n");
    }
    let needed = needed(of);
    let again = match of - correct {
        1 => "the one that was not right".to_owned(),
        wrong => format!("the {wrong} that were not right"),
    };
    format!(
        "{} {correct} of {of} right. Passing takes {needed} ({PASS_PERCENT} %), so {} more.\n\
         Next: `cargo checker quiz {slug}` asks {again} again.\n",
        terminal.no(),
        needed - correct,
    )
}

/// What another try of a quiz that has passed before came to, if that alone would not pass it.
pub fn not_passed_again(
    slug: &Slug,
    result: &Result,
    onward: &Onward,
    terminal: &Terminal,
) -> String {
    let (correct, of) = (result.correct(), result.graded.len());
    let said = format!(
        "{correct} of {of} right this time, and passing takes {}. The quiz of {slug} has passed \
         before and stays passed.\n{}",
        needed(of),
        onward.sentence(slug, By::Command)
    );
    terminal.wrap(&said, "") + "\n"
}

fn needed(of: usize) -> usize {
    (of * PASS_PERCENT).div_ceil(100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quiz::QuestionId;

    fn answers(right: usize, of: usize) -> Result {
        let graded = (0..of).map(|n| Graded {
            id: QuestionId(n.to_string()),
            correct: n < right,
            feedback: Vec::new(),
        });
        Result {
            graded: graded.collect(),
        }
    }

    fn said(right: usize, of: usize) -> String {
        let slug = "worker_pool".parse().expect("a slug");
        result(&slug, &answers(right, of), &Onward::End, &Terminal::plain())
    }

    #[test]
    fn what_is_missing_is_what_passing_takes() {
        assert_eq!(
            said(3, 6),
            "x 3 of 6 right. Passing takes 5 (80 %), so 2 more.\n\
             Next: `cargo checker quiz worker_pool` asks the 3 that were not right again.\n"
        );
        for of in 1..20 {
            let needed = needed(of);
            assert!(answers(needed, of).passed() && !answers(needed - 1, of).passed());
        }
    }

    #[test]
    fn a_passed_quiz_says_so_and_what_comes_next() {
        assert_eq!(
            said(5, 6),
            "+ 5 of 6 right: the quiz of worker_pool is passed.\n\
             Every lesson is complete: that was the course.\n"
        );
    }

    #[test]
    fn what_has_passed_lacks_nothing_after_a_worse_try() {
        let slug = "worker_pool".parse().expect("a slug");
        let (few, terminal) = (answers(3, 6), Terminal::plain());
        let said = not_passed_again(&slug, &few, &Onward::Unknown, &terminal);
        assert_eq!(
            said,
            "3 of 6 right this time, and passing takes 5. The quiz of worker_pool has passed\n\
             before and stays passed.\nNext: `cargo checker status`.\n"
        );
    }
}
