//! A quiz as HTML: complete and readable without JavaScript, and with all that the page's script
//! needs to judge an answer at once. Answers are no secret here; the server grades what it records.

use std::fmt::Write as _;

use super::markdown::{block, escape, inline, lead_and_rest};
use crate::course::Slug;
use crate::quiz::{Choice, Kind, Outcome, PASS_PERCENT, Question, Quiz};

/// The quiz of lesson `slug` as one HTML block without a blank line.
pub(super) fn render(slug: &Slug, quiz: &Quiz) -> String {
    let count = quiz.questions.len();
    let needed = (count * PASS_PERCENT).div_ceil(100);
    let mut html = format!(
        "<section class=\"quiz\" id=\"quiz-{slug}\" data-quiz=\"{slug}\" data-needed=\"{needed}\" \
         aria-label=\"Quiz\">\n\
         <p>{} You pass with {needed} right.</p>\n\
         <p class=\"state\"></p>\n",
        match count {
            1 => "One question.".to_owned(),
            _ => format!("{count} questions."),
        }
    );
    for (index, question) in quiz.questions.iter().enumerate() {
        let place = Place {
            name: format!("quiz-{slug}-{}", index + 1),
            number: index + 1,
            count,
        };
        form(&mut html, question, &place);
    }
    html.push_str("<div class=\"result\" role=\"status\"></div>\n</section>\n");
    html
}

/// Where a question stands in its quiz.
struct Place {
    /// The form's id, and the name of its inputs.
    name: String,
    number: usize,
    count: usize,
}

fn form(html: &mut String, question: &Question, place: &Place) {
    let (lead, rest) = prompt(&question.kind);
    let Place {
        name,
        number,
        count,
    } = place;
    // Writing to a `String` cannot fail, here and below.
    let _ = write!(
        html,
        "<form class=\"question\" id=\"{name}\" data-question=\"{}\" data-version=\"{}\" \
         data-kind=\"{}\"{}>\n<fieldset>\n<legend><span class=\"number\">Question {number} of {count}</span> \
         {lead}</legend>\n",
        escape(&question.id.0),
        question.version(),
        kind(question),
        right(&question.kind),
    );
    if !rest.is_empty() {
        let _ = writeln!(html, "<div class=\"prompt\">{rest}</div>");
    }
    match &question.kind {
        Kind::MultipleChoice { choices, .. } => choice_inputs(html, choices, name, question),
        Kind::ShortAnswer { .. } => {
            let _ = writeln!(
                html,
                "<p><label>Your answer <input type=\"text\" name=\"{name}\" autocomplete=\"off\" \
                 autocapitalize=\"off\" spellcheck=\"false\"></label></p>"
            );
        }
        Kind::Tracing { program, .. } => tracing_inputs(html, program, name),
    }
    // Disabled until the script takes over: else Enter would reload the page without an effect.
    html.push_str(
        "<button type=\"submit\" disabled hidden>Check</button>\n\
         <div class=\"verdict\" role=\"status\"></div>\n</fieldset>\n",
    );
    answer(html, question);
    html.push_str("</form>\n");
}

fn prompt(kind: &Kind) -> (String, String) {
    match kind {
        Kind::MultipleChoice { prompt, .. } | Kind::ShortAnswer { prompt, .. } => {
            lead_and_rest(prompt)
        }
        Kind::Tracing { program, .. } => {
            ("What does this program do?".to_owned(), numbered(program))
        }
    }
}

/// What tells the script how the question is answered.
fn kind(question: &Question) -> &'static str {
    match (&question.kind, question.correct_choices()) {
        (Kind::MultipleChoice { .. }, Some(1)) => "one",
        (Kind::MultipleChoice { .. }, _) => "several",
        (Kind::ShortAnswer { .. }, _) => "text",
        (Kind::Tracing { .. }, _) => "tracing",
    }
}

/// The right answer as attributes; a choice bears its own.
fn right(kind: &Kind) -> String {
    match kind {
        Kind::MultipleChoice { .. } => String::new(),
        Kind::ShortAnswer { accepted, .. } => {
            format!(" data-accepted=\"{}\"", escape(&accepted.join("\n")))
        }
        Kind::Tracing { outcome, .. } => match outcome {
            Outcome::Prints(stdout) => format!(" data-stdout=\"{}\"", escape(stdout)),
            Outcome::FailsToCompile { line } => format!(" data-line=\"{line}\""),
        },
    }
}

fn choice_inputs(html: &mut String, choices: &[Choice], name: &str, question: &Question) {
    let input = if question.correct_choices() == Some(1) {
        "radio"
    } else {
        html.push_str("<p class=\"how\">Several choices may be right; tick each that is.</p>\n");
        "checkbox"
    };
    html.push_str("<ul class=\"choices\">\n");
    for choice in choices {
        let _ = writeln!(
            html,
            "<li><label><input type=\"{input}\" name=\"{name}\" value=\"{}\"{}> <span>{}</span>\
             </label></li>",
            escape(&choice.text),
            if choice.correct { " data-right" } else { "" },
            inline(&choice.text),
        );
    }
    html.push_str("</ul>\n");
}

fn tracing_inputs(html: &mut String, program: &str, name: &str) {
    let last = program.trim_end().lines().count().max(1);
    let _ = write!(
        html,
        "<ul class=\"choices\">\n\
         <li><label><input type=\"radio\" name=\"{name}\" value=\"prints\"> \
         <span>It compiles and prints:</span></label>\n\
         <textarea rows=\"3\" aria-label=\"What it prints\" autocapitalize=\"off\" \
         spellcheck=\"false\"></textarea></li>\n\
         <li><label><input type=\"radio\" name=\"{name}\" value=\"fails\"> \
         <span>It does not compile; the first error is on line:</span></label>\n\
         <input type=\"number\" min=\"1\" max=\"{last}\" aria-label=\"Line of the first error\"></li>\n\
         </ul>\n"
    );
}

/// A program with its line numbers beside it, in an element of their own: they must not be copied.
fn numbered(program: &str) -> String {
    let program = program.trim_end();
    let numbers: Vec<_> = (1..=program.lines().count().max(1))
        .map(|line| line.to_string())
        .collect();
    format!(
        "<div class=\"numbered\"><pre class=\"lines\" aria-hidden=\"true\">{}</pre>\
         <pre><code class=\"language-rust\">{}</code></pre></div>",
        numbers.join("&#10;"),
        escape(program)
    )
}

/// The answer for readers without JavaScript; the script takes feedback and explanation from here.
fn answer(html: &mut String, question: &Question) {
    html.push_str("<details class=\"answer\">\n<summary>Answer</summary>\n");
    match &question.kind {
        Kind::MultipleChoice { choices, .. } => {
            html.push_str("<ul>\n");
            for choice in choices {
                let _ = writeln!(
                    html,
                    "<li{}> {} <div class=\"feedback\">{}</div></li>",
                    if choice.correct {
                        " data-right><strong>Right:</strong"
                    } else {
                        "><strong>Wrong:</strong"
                    },
                    inline(&choice.text),
                    block(&without_verdict(&choice.feedback)),
                );
            }
            html.push_str("</ul>\n");
        }
        Kind::ShortAnswer {
            accepted, feedback, ..
        } => {
            let words: Vec<_> = accepted
                .iter()
                .map(|word| format!("<code>{}</code>", escape(word)))
                .collect();
            let _ = writeln!(
                html,
                "<p>{}</p>\n<div class=\"feedback\">{}</div>",
                words.join(" or "),
                block(feedback)
            );
        }
        Kind::Tracing {
            outcome, feedback, ..
        } => {
            let _ = match outcome {
                Outcome::Prints(stdout) => writeln!(
                    html,
                    "<p>It compiles and prints:</p>\n<pre><code class=\"language-text\">{}</code></pre>",
                    escape(stdout.trim_end())
                ),
                Outcome::FailsToCompile { line } => writeln!(
                    html,
                    "<p>It does not compile; the first error is on line {line}.</p>"
                ),
            };
            let _ = writeln!(html, "<div class=\"feedback\">{}</div>", block(feedback));
        }
    }
    let _ = writeln!(
        html,
        "<div class=\"explanation\">{}</div>\n</details>",
        block(&question.context)
    );
}

/// `feedback` without "Right." at its head, which the page says anyway.
fn without_verdict(feedback: &str) -> String {
    let Some(rest) = ["Right. ", "Right: "]
        .into_iter()
        .find_map(|verdict| feedback.strip_prefix(verdict))
    else {
        return feedback.to_owned();
    };
    let mut rest = rest.chars();
    rest.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(rest).collect()
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn rendered() -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/quiz.toml");
        let quiz = crate::quiz::load(&path).expect("the fixture is a quiz");
        render(&"sample".parse().expect("a slug"), &quiz)
    }

    #[test]
    fn markdown_takes_the_whole_quiz_for_one_html_block() {
        use pulldown_cmark::{Event, Parser, Tag, TagEnd};
        let html = rendered();
        let events: Vec<_> = Parser::new(&html).collect();
        assert_eq!(events.first(), Some(&Event::Start(Tag::HtmlBlock)));
        assert_eq!(events.last(), Some(&Event::End(TagEnd::HtmlBlock)));
        assert!(
            events[1..events.len() - 1]
                .iter()
                .all(|event| matches!(event, Event::Html(_))),
            "{html}"
        );
    }

    #[test]
    fn every_question_is_a_form_with_a_legend_and_a_live_region() {
        let html = rendered();
        for part in [
            "<form ",
            "<fieldset>",
            "<legend>",
            "class=\"verdict\" role=\"status\"",
        ] {
            assert_eq!(html.matches(part).count(), 4, "{part}");
        }
        assert!(
            html.contains("<p>4 questions. You pass with 4 right.</p>"),
            "{html}"
        );
    }

    #[test]
    fn one_right_choice_makes_radio_buttons_and_several_make_check_boxes() {
        let html = rendered();
        assert!(html.contains("data-kind=\"one\""));
        assert!(html.contains("type=\"radio\" name=\"quiz-sample-1\""));
        assert!(html.contains("data-kind=\"several\""));
        assert!(html.contains("type=\"checkbox\" name=\"quiz-sample-2\""));
    }

    #[test]
    fn a_program_has_a_number_for_every_line_and_keeps_its_blank_ones() {
        let html = numbered("fn main() {\n\n    f::<u8>();\n}\n");
        assert!(html.contains(">1&#10;2&#10;3&#10;4</pre>"), "{html}");
        assert!(html.contains("{&#10;&#10;    f::&lt;u8&gt;();"), "{html}");
    }

    #[test]
    fn answers_and_explanations_are_there_without_javascript() {
        let html = rendered();
        assert_eq!(html.matches("<details class=\"answer\">").count(), 4);
        assert_eq!(html.matches("<div class=\"explanation\">").count(), 4);
        assert!(html.contains("It compiles and prints:</p>"));
    }

    #[test]
    fn a_right_choice_is_called_right_once() {
        assert_eq!(without_verdict("Right. `read` waits."), "`read` waits.");
        assert_eq!(without_verdict("Right: one lock."), "One lock.");
        for other in ["Right away it waits.", "That is right.", "Right."] {
            assert_eq!(without_verdict(other), other);
        }
    }

    #[test]
    fn a_changed_question_has_another_version() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/quiz.toml");
        let mut quiz = crate::quiz::load(&path).expect("the fixture is a quiz");
        let before = quiz.questions[0].version();
        if let Kind::MultipleChoice { choices, .. } = &mut quiz.questions[0].kind {
            choices[0].text.push('.');
        }
        assert_ne!(quiz.questions[0].version(), before);
    }
}
