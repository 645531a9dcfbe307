//! A chapter to be handed out on paper: without answers, hints and verdicts, and with room to write.

use std::fmt::Write as _;

use super::parts::{Heading, Part};
use crate::course::Slug;
use crate::quiz::{Kind, Quiz};

/// The worksheet of the lesson `slug`, from its chapter and its quiz.
pub(super) fn of(slug: &Slug, chapter: &str, quiz: Option<&Quiz>) -> String {
    let mut sheet = String::new();
    for line in before_the_exercise(&folded_away(chapter)) {
        match line.trim() {
            // A prediction is made on paper; the picture that moves is not.
            text if text.starts_with("{{#explore") => {
                sheet.push_str("**Predict, and put your mark:**\n");
            }
            "{{#/explore}}" => {}
            // Neither lines that a listing hides nor a program to be copied are of use on paper.
            text if text.starts_with("{{#hidden ") || text.starts_with("{{#ship ") => {}
            _ => {
                sheet.push_str(&without_id(line));
                sheet.push('\n');
            }
        }
    }
    if let Some(quiz) = quiz {
        sheet.push_str("\n## Questions\n\n");
        questions(&mut sheet, quiz);
    }
    // Ids are those of the chapter, which may stand on the same page in print.
    sheet
        .replace(&format!("\"{slug}-"), &format!("\"sheet-{slug}-"))
        .replace(&format!(" {slug}-"), &format!(" sheet-{slug}-"))
}

/// `chapter` without what is folded away: answers and hints.
fn folded_away(chapter: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut kept = Vec::new();
    for line in chapter.lines() {
        if line.starts_with("<details") {
            depth += 1;
        }
        if depth == 0 {
            kept.push(line);
        }
        if line.starts_with("</details>") {
            depth = depth.saturating_sub(1);
        }
    }
    kept
}

fn before_the_exercise<'a>(lines: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    let is_exercise =
        |line: &&str| Heading::of(line).is_some_and(|heading| heading.begins(Part::Exercise));
    let end = lines.iter().position(is_exercise);
    lines[..end.unwrap_or(lines.len())].iter().copied()
}

/// `## From Go { #from-go }` without the id.
fn without_id(line: &str) -> String {
    match line.split_once(" { #") {
        Some((heading, _)) if line.starts_with('#') => heading.to_owned(),
        _ => line.to_owned(),
    }
}

fn questions(sheet: &mut String, quiz: &Quiz) {
    // Writing to a `String` cannot fail, here and below.
    for (number, question) in (1..).zip(&quiz.questions) {
        let _ = writeln!(sheet, "### Question {number}\n");
        match &question.kind {
            Kind::MultipleChoice { prompt, choices } => {
                let _ = writeln!(sheet, "{}\n", prompt.trim());
                for choice in choices {
                    let _ = writeln!(sheet, "- \u{2610} {}", choice.text.trim());
                }
                sheet.push('\n');
            }
            Kind::ShortAnswer { prompt, .. } => {
                let _ = writeln!(sheet, "{}\n\nYour answer: {LINE}\n", prompt.trim());
            }
            Kind::Tracing { program, .. } => {
                let _ = writeln!(
                    sheet,
                    "```rust\n{}\n```\n\nIt does not compile because of line {SPACE}, or it prints {LINE}\n",
                    program.trim()
                );
            }
        }
    }
}

const SPACE: &str = "\\_\\_\\_\\_";
const LINE: &str = "\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_";

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::quiz;

    const CHAPTER: &str = "# Pool\n\n## The pattern\n\n{{#explore workers}}\nHow long?\n\n- 5 ms\n\
        - 10 ms\n{{#/explore}}\n\n<details>\n<summary>The answer</summary>\n\n10 ms.\n\n<details>\n\
        deeper\n</details>\n</details>\n\n## From Go { #from-go }\n\nGo.\n\n## Exercise\n\nWrite.\n";

    const QUIZ: &str = r#"
[[questions]]
id = "one"
type = "ShortAnswer"
prompt.prompt = "How many?"
prompt.feedback = ""
answer.answer = "secret"
context = "secret"
"#;

    #[test]
    fn a_worksheet_asks_and_does_not_answer() {
        let slug: Slug = "pool".parse().expect("a slug");
        let quiz = quiz::parse(QUIZ, Path::new("quiz/pool.toml")).expect("a quiz");
        let sheet = of(&slug, CHAPTER, Some(&quiz));
        for there in [
            "How long?",
            "- 10 ms",
            "## From Go\n",
            "How many?",
            "Your answer",
        ] {
            assert!(sheet.contains(there), "{there}\n{sheet}");
        }
        for gone in [
            "The answer",
            "deeper",
            "Exercise",
            "secret",
            "{{#",
            "#from-go",
        ] {
            assert!(!sheet.contains(gone), "{gone}\n{sheet}");
        }
    }
}
