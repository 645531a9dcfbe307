//! The parts of a lesson's chapter that the course works with: below the exercise's heading stands its
//! state, the takeaways are collected, what changes for readers from Go is set apart.
//!
//! A part is known by its heading's id, so that the heading may be in any language. mdBook makes the id
//! of an English heading by itself; `## Übung { #exercise }` names it. A lesson without one of its parts
//! does not build: else a heading that was reworded would take a feature away in silence.

use std::borrow::Cow;

use crate::course::{Course, ExerciseKind, Lesson};

/// A part that is known by its heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Exercise,
    FromGo,
    Takeaways,
}

impl Part {
    /// Of its heading.
    pub fn id(self) -> &'static str {
        match self {
            Self::Exercise => "exercise",
            Self::FromGo => "from-go",
            Self::Takeaways => "takeaways",
        }
    }

    /// As an English chapter calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exercise => "Exercise",
            Self::FromGo => "From Go",
            Self::Takeaways => "Takeaways",
        }
    }

    /// The parts that the chapter of `lesson` must have: none before it has an exercise or a quiz, for
    /// then it is a draft.
    pub fn needed(course: &Course, lesson: &Lesson) -> Vec<Self> {
        let has_exercise = lesson.exercise == ExerciseKind::Program
            && course.exercise_path(&lesson.slug).is_file();
        let mut needed = Vec::new();
        if has_exercise {
            needed.push(Self::Exercise);
        }
        if has_exercise || course.quiz_path(&lesson.slug).is_file() {
            needed.extend([Self::FromGo, Self::Takeaways]);
        }
        needed
    }
}

/// A heading of Markdown that begins with `#`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heading<'a> {
    level: usize,
    id: Cow<'a, str>,
}

impl<'a> Heading<'a> {
    /// The heading that `line` is. Whether it stands in fenced code is the caller's to know.
    pub fn of(line: &'a str) -> Option<Self> {
        let text = line.trim_start_matches('#');
        let level = line.len() - text.len();
        if !(1..=6).contains(&level) || !text.starts_with(' ') {
            return None;
        }
        let text = text.trim();
        let id = named_id(text).map_or_else(|| id_of(text).into(), Cow::from);
        Some(Self { level, id })
    }

    /// Whether `part` begins here. The chapter's own title is none of its parts.
    pub fn begins(&self, part: Part) -> bool {
        self.level > 1 && self.id == part.id()
    }

    /// Whether the part that `part` begins ends here.
    pub fn ends(&self, part: &Self) -> bool {
        self.level <= part.level
    }
}

/// `x` of `Übung { #x .wide }`.
fn named_id(text: &str) -> Option<&str> {
    let (_, attributes) = text.strip_suffix('}')?.rsplit_once('{')?;
    let mut words = attributes.split_whitespace();
    words.find_map(|word| word.strip_prefix('#'))
}

/// The id that mdBook gives a heading.
fn id_of(text: &str) -> String {
    let kept = |symbol: char| match symbol {
        symbol if symbol.is_alphanumeric() || "_-".contains(symbol) => Some(symbol),
        symbol if symbol.is_whitespace() => Some('-'),
        _ => None,
    };
    text.to_lowercase().chars().filter_map(kept).collect()
}

/// The lines of `chapter`, and of each that is a heading, which. Fenced code has none.
fn lines(chapter: &str) -> impl Iterator<Item = (&str, Option<Heading<'_>>)> {
    let mut fence: Option<&str> = None;
    chapter.split_inclusive('\n').map(move |line| {
        let text = line.trim();
        let in_code = fence.is_some();
        fence = match fence {
            Some(mark) => (!closes(text, mark)).then_some(mark),
            None => opening(text),
        };
        let heading = if in_code { None } else { Heading::of(text) };
        (line, heading)
    })
}

/// The fence that a line of code begins with, if it opens one.
pub(super) fn opening(text: &str) -> Option<&str> {
    ['`', '~'].into_iter().find_map(|mark| {
        let length = text.len() - text.trim_start_matches(mark).len();
        (length >= 3).then(|| &text[..length])
    })
}

/// Whether a line ends the code that the fence `mark` began.
pub(super) fn closes(text: &str, mark: &str) -> bool {
    text.starts_with(mark) && text.trim_start_matches(&mark[..1]).is_empty()
}

/// Whether `chapter` has `part`.
pub(super) fn has(chapter: &str, part: Part) -> bool {
    lines(chapter).any(|(_, heading)| heading.is_some_and(|heading| heading.begins(part)))
}

/// What stands in `chapter` below the heading of `part`, if anything.
pub(super) fn text_of(chapter: &str, part: Part) -> Option<String> {
    let begins = |heading: &Option<Heading>| heading.as_ref().is_some_and(|one| one.begins(part));
    let mut rest = lines(chapter).skip_while(|(_, heading)| !begins(heading));
    let own = rest.next()?.1?;
    let text: String = rest
        .take_while(|(_, heading)| !heading.as_ref().is_some_and(|other| other.ends(&own)))
        .map(|(line, _)| line)
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_known_by_the_id_of_its_heading_in_any_language() {
        for (line, part) in [
            ("## Exercise", Part::Exercise),
            ("## Übung { #exercise }", Part::Exercise),
            ("### Depuis Go {.wide #from-go}", Part::FromGo),
            ("## From Go", Part::FromGo),
            ("## In kurzen Worten {#takeaways}", Part::Takeaways),
        ] {
            let heading = Heading::of(line).expect(line);
            assert!(heading.begins(part), "{line}: {heading:?}");
        }
        for other in [
            "## Exercises",
            "# Exercise",
            "## Übung",
            "##Exercise",
            "Exercise",
        ] {
            let begins = Heading::of(other).is_some_and(|one| one.begins(Part::Exercise));
            assert!(!begins, "{other}");
        }
    }

    #[test]
    fn a_part_ends_at_the_next_heading_of_its_level() {
        let chapter = "# A\n\n```md\n## Takeaways\nno\n```\n\n## Kurz { #takeaways }\n\n- One.\n\n\
                       ### More\n\n- Two,\n  three.\n\n## Quiz\n\nx\n";
        let text = text_of(chapter, Part::Takeaways);
        assert_eq!(
            text.as_deref(),
            Some("- One.\n\n### More\n\n- Two,\n  three.")
        );
        assert_eq!(
            text_of("# A\n\n## Takeaways\n\n## Quiz\n", Part::Takeaways),
            None
        );
        assert_eq!(text_of("# A\n", Part::Takeaways), None);
        assert!(!has("~~~\n## Exercise\n~~~\n", Part::Exercise));
    }
}
