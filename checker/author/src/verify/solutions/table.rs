//! What a soak came to, lesson by lesson.

use std::collections::BTreeMap;

use checker::course::Slug;

use super::candidates::Expected;

/// The runs of one lesson.
#[derive(Debug, Default)]
struct Row {
    right: u32,
    wrong: u32,
    runs: u32,
    as_expected: u32,
}

impl Row {
    fn add(&mut self, expected: &Expected, runs: u32, as_expected: u32) {
        match expected {
            Expected::Passes => self.right += 1,
            Expected::Rejected(_) | Expected::Noticed(_) => self.wrong += 1,
        }
        self.runs += runs;
        self.as_expected += as_expected;
    }

    fn line(&self, name: &str, width: usize) -> String {
        let Self {
            right,
            wrong,
            runs,
            as_expected,
        } = self;
        let flakes = runs - as_expected;
        format!("| {name:<width$} | {right:>5} | {wrong:>5} | {runs:>6} | {flakes:>6} |")
    }
}

/// A Markdown table of the lessons: how many right and wrong solutions ran, how often, and how many
/// of the runs came out otherwise than expected.
pub(super) fn table<'a>(
    runs: u32,
    counts: impl Iterator<Item = (&'a Slug, &'a Expected, u32)>,
) -> Vec<String> {
    let mut lessons: BTreeMap<&Slug, Row> = BTreeMap::new();
    let mut all = Row::default();
    for (slug, expected, as_expected) in counts {
        let row = lessons.entry(slug).or_default();
        for row in [row, &mut all] {
            row.add(expected, runs, as_expected);
        }
    }
    let names = lessons.keys().map(|slug| slug.as_str().len());
    let width = names.max().unwrap_or(0).max("lesson".len());
    let mut lines = vec![
        format!("| {:<width$} | right | wrong |   runs | flakes |", "lesson"),
        format!("|{:-<1$}|------:|------:|-------:|-------:|", "", width + 2),
    ];
    lines.extend(
        lessons
            .iter()
            .map(|(slug, row)| row.line(slug.as_str(), width)),
    );
    lines.push(all.line("all", width));
    lines
}

#[cfg(test)]
mod tests {
    use checker::solutions::Wording;
    use checker::solutions::heads::Mistake;

    use super::*;

    #[test]
    fn flakes_are_counted_by_lesson() {
        let slug = |text: &str| text.parse::<Slug>().expect("a slug");
        let (atomics, pipeline) = (slug("atomics"), slug("pipeline"));
        let (right, wrong) = (
            Expected::Passes,
            Expected::Rejected(Mistake {
                sentence: String::new(),
                rejected_by: String::new(),
                learner_sees: Wording::new("…"),
            }),
        );
        let lines = table(
            100,
            [
                (&atomics, &right, 100),
                (&pipeline, &right, 100),
                (&pipeline, &wrong, 97),
            ]
            .into_iter(),
        );
        assert_eq!(
            lines,
            [
                "| lesson   | right | wrong |   runs | flakes |",
                "|----------|------:|------:|-------:|-------:|",
                "| atomics  |     1 |     0 |    100 |      0 |",
                "| pipeline |     1 |     1 |    200 |      3 |",
                "| all      |     2 |     1 |    300 |      3 |",
            ]
        );
    }
}
