use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::Slug;

/// The course as it is planned: more lessons than are written yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curriculum {
    /// All lessons, written or not.
    lessons: Vec<Slug>,
    /// The shortest way through the course.
    core_path: Vec<Slug>,
    /// Exercises that a class solves together before others.
    #[serde(default)]
    together: Vec<Slug>,
}

impl Curriculum {
    /// Reads the plan at `path`; a course need not have one.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let plan: Self = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        for (list, slugs) in [
            ("on the core path", &plan.core_path),
            ("in `together`", &plan.together),
        ] {
            if let Some(slug) = slugs.iter().find(|slug| !plan.plans(slug)) {
                return Err(format!("`{slug}` is {list}, but not in `lessons`"));
            }
        }
        Ok(plan)
    }

    /// Whether the lesson is written, or will be.
    pub fn plans(&self, slug: &Slug) -> bool {
        self.lessons.contains(slug)
    }

    /// The exercises that a class gains most from solving together, the first most of all.
    pub fn together(&self) -> &[Slug] {
        &self.together
    }

    /// Whether the lesson is on the core path.
    pub fn is_core(&self, slug: &Slug) -> bool {
        self.core_path.contains(slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_path_is_part_of_the_plan() {
        let plan = Curriculum::parse("lessons = [\"a\", \"b\"]\ncore_path = [\"b\"]\n");
        let plan = plan.expect("a plan");
        let slug = |text: &str| text.parse().expect("a slug");
        assert!(plan.is_core(&slug("b")) && !plan.is_core(&slug("a")));
        assert!(plan.plans(&slug("a")) && !plan.plans(&slug("c")));
        let wrong = Curriculum::parse("lessons = [\"a\"]\ncore_path = [\"b\"]\n");
        assert_eq!(
            wrong.unwrap_err(),
            "`b` is on the core path, but not in `lessons`"
        );
    }
}
