//! The hints of a lesson, as its chapter has them: for each stumbling block a question, then the
//! idea, then the name, each in a `<details>` within the one before.

/// What helps over one stumbling block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What it is about, as its summary says.
    pub topic: String,
    /// From the question to the name; Markdown. At least one.
    pub levels: Vec<String>,
}

/// Reads the hints off the text of a chapter:
///
/// ```text
/// <details>
/// <summary>Hint: the loop never ends</summary>
///
/// Who still holds a sender?
///
/// <details>
/// <summary>The idea</summary>
///
/// A receiver ends when every sender is gone.
///
/// </details>
/// </details>
/// ```
pub fn hints(chapter: &str) -> Vec<Hint> {
    let mut hints = Vec::new();
    let mut lines = chapter.lines();
    while let Some(line) = lines.next() {
        if let Some(topic) = summary(line).and_then(|summary| summary.strip_prefix("Hint:")) {
            let levels = levels(&mut lines);
            if !levels.is_empty() {
                hints.push(Hint {
                    topic: topic.trim().to_owned(),
                    levels,
                });
            }
        }
    }
    hints
}

/// What stands in the `<details>` that was just opened, cut at those within.
fn levels<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut depth = 1;
    let mut levels = vec![String::new()];
    for line in lines {
        match line.trim() {
            "<details>" => {
                depth += 1;
                levels.push(String::new());
            }
            "</details>" => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            // "The idea": what is shown says its level instead.
            _ if summary(line).is_some() => {}
            _ => {
                let level = levels.last_mut().expect("it begins with one");
                level.push_str(line);
                level.push('\n');
            }
        }
    }
    let trimmed = levels.iter().map(|level| level.trim().to_owned());
    trimmed.filter(|level| !level.is_empty()).collect()
}

fn summary(line: &str) -> Option<&str> {
    line.trim()
        .strip_prefix("<summary>")?
        .strip_suffix("</summary>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_stands_by_itself_and_other_details_are_no_hints() {
        let level = |name: &str, text: &str| {
            format!("<details>\n<summary>{name}</summary>\n\n{text}\n\n</details>\n")
        };
        let hint = |topic: &str, question: &str| {
            format!(
                "<details>\n<summary>Hint: {topic}</summary>\n\n{question}\n\n{}{}</details>\n",
                level("The idea", "idea\n\nmore"),
                level("The name", "name")
            )
        };
        let chapter = format!(
            "# Chapter\n{}\n{}\nText.\n{}",
            hint("one", "1?"),
            level("Other designs", "None."),
            hint("two", "2?")
        );
        let hints = hints(&chapter);
        assert_eq!(hints.len(), 2);
        assert_eq!(hints[0].levels, ["1?", "idea\n\nmore", "name"]);
        assert_eq!(hints[1].topic, "two");
        assert_eq!(hints[1].levels.len(), 3);
    }
}
