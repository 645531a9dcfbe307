//! `SUMMARY.md` as a list of chapters.

use std::path::PathBuf;

use mdbook_summary::{Link, SummaryItem, parse_summary};

use super::{Chapter, ExerciseKind, Lesson, Page, Slug};

/// Lessons that their quiz alone completes. Every other lesson has an exercise.
const WITHOUT_EXERCISE: &[&str] = &["choosing_a_pattern"];

/// The chapters that `summary` lists, or what is wrong with it and what to do.
pub(super) fn chapters(summary: &str) -> Result<Vec<Chapter>, String> {
    let summary = parse_summary(summary).map_err(|error| format!("{error:#}"))?;
    let mut chapters = Vec::new();
    pages(&summary.prefix_chapters, &mut chapters)?;
    let mut part = None;
    lessons(&summary.numbered_chapters, &mut part, &mut chapters)?;
    pages(&summary.suffix_chapters, &mut chapters)?;
    Ok(chapters)
}

fn pages(items: &[SummaryItem], chapters: &mut Vec<Chapter>) -> Result<(), String> {
    for item in items {
        if let SummaryItem::Link(link) = item {
            chapters.push(Chapter::Page(Page {
                title: link.name.clone(),
                source: location(link)?,
            }));
        }
    }
    Ok(())
}

fn lessons(
    items: &[SummaryItem],
    part: &mut Option<String>,
    chapters: &mut Vec<Chapter>,
) -> Result<(), String> {
    for item in items {
        match item {
            SummaryItem::PartTitle(title) => *part = Some(title.clone()),
            SummaryItem::Link(link) => {
                let slug = slug_of(link)?;
                chapters.push(Chapter::Lesson(Lesson {
                    exercise: if WITHOUT_EXERCISE.contains(&slug.as_str()) {
                        ExerciseKind::None
                    } else {
                        ExerciseKind::Program
                    },
                    slug,
                    title: link.name.clone(),
                    part: part.clone(),
                }));
                lessons(&link.nested_items, part, chapters)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn location(link: &Link) -> Result<PathBuf, String> {
    link.location.clone().ok_or_else(|| {
        format!(
            "the chapter \"{}\" has no file; write `[{0}](name.md)`",
            link.name
        )
    })
}

fn slug_of(link: &Link) -> Result<Slug, String> {
    let location = location(link)?;
    let stem = location.to_str().and_then(|path| path.strip_suffix(".md"));
    stem.and_then(|stem| stem.parse().ok()).ok_or_else(|| {
        format!(
            "the lesson \"{}\" lies in `{}`; a lesson's file is `src/<slug>.md`, its slug in \
             lower-case letters, digits and underscores",
            link.name,
            location.display()
        )
    })
}
