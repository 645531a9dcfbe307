//! What the course consists of: its chapters, in the order of `SUMMARY.md`, and where their parts lie.

mod curriculum;
mod finding;
mod hints;
mod minutes;
mod renamed;
mod restore;
mod slug;
mod sources;
mod suggest;
mod summary;

use std::path::{Path, PathBuf};

use thiserror::Error;

pub use curriculum::Curriculum;
pub use finding::Finding;
pub use hints::{Hint, hints};
pub use minutes::Minutes;
use renamed::Renamed;
pub use restore::brings_back;
pub use slug::Slug;
pub(crate) use sources::is_rust;
pub use sources::{Case, Sources};
pub use suggest::nearest;
use summary::chapters;

/// Where the plan of the course lies.
const CURRICULUM: &str = "checker/curriculum.toml";

/// A course on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    root: PathBuf,
    chapters: Vec<Chapter>,
    renamed: Renamed,
    curriculum: Curriculum,
}

/// One entry of `SUMMARY.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chapter {
    /// A numbered chapter: something to learn, with its quiz and, nearly always, its exercise.
    Lesson(Lesson),
    /// A prefix or suffix chapter: the start page, the glossary.
    Page(Page),
}

impl Chapter {
    /// Its text, relative to the book's `src`.
    pub fn source(&self) -> PathBuf {
        match self {
            Self::Lesson(lesson) => PathBuf::from(format!("{}.md", lesson.slug)),
            Self::Page(page) => page.source.clone(),
        }
    }
}

/// A page that is no lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// As `SUMMARY.md` has it.
    pub title: String,
    /// Relative to the book's `src`.
    pub source: PathBuf,
}

/// A lesson: one pattern, all of whose parts bear one slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// The name of every file of the lesson.
    pub slug: Slug,
    /// As `SUMMARY.md` has it.
    pub title: String,
    /// The part of the book that it stands in, if any.
    pub part: Option<String>,
    /// Whether the quiz alone completes it.
    pub exercise: ExerciseKind,
}

/// Whether a lesson has something to program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExerciseKind {
    /// `exercises/src/<slug>.rs`, with its tests.
    Program,
    /// None: the quiz alone completes the lesson.
    None,
}

/// Why a folder is not a course that can be used.
#[derive(Debug, Error)]
pub enum CourseError {
    /// No folder from the given one upwards holds a course.
    #[error(
        "no course found: neither {} nor a folder above it holds `book.toml` and `src/SUMMARY.md`.\n\
         Change into the course's folder and try again.", .0.display()
    )]
    NotFound(PathBuf),
    /// `book.toml` is there, `src/SUMMARY.md` is not.
    #[error(
        "{} is missing. It lists the lessons and their order; {}.", .0.display(), brings_back(.0)
    )]
    NoSummary(PathBuf),
    /// `SUMMARY.md` cannot be read as a list of chapters.
    #[error("{}: {why}", .path.display())]
    Summary {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what to do.
        why: String,
    },
    /// The list of old names cannot be read.
    #[error("{}: {why}; it lists lessons as `old_name = \"new_name\"`", .path.display())]
    Renamed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The plan of the course cannot be read.
    #[error("{}: {why}", .path.display())]
    Curriculum {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// No lesson has that slug.
    #[error("there is no lesson `{unknown}`.{}", hint(.nearest))]
    UnknownLesson {
        /// What was asked for.
        unknown: String,
        /// Slugs that look like it, the nearest first.
        nearest: Vec<Slug>,
    },
}

fn hint(nearest: &[Slug]) -> String {
    if nearest.is_empty() {
        return " `cargo checker status` lists all lessons.".to_owned();
    }
    let names: Vec<_> = nearest.iter().map(|slug| format!("`{slug}`")).collect();
    format!(" Did you mean {}?", names.join(" or "))
}

impl Course {
    /// Finds the course that `start` lies in, going upwards, and reads its `SUMMARY.md`.
    ///
    /// # Errors
    /// If no folder upwards is a course, or its `SUMMARY.md` is missing or malformed.
    pub fn find(start: &Path) -> Result<Self, CourseError> {
        let root = start
            .ancestors()
            .find(|folder| folder.join("book.toml").is_file())
            .ok_or_else(|| CourseError::NotFound(start.to_owned()))?;
        let path = root.join("src/SUMMARY.md");
        let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => CourseError::NoSummary(path.clone()),
            _ => CourseError::Summary {
                path: path.clone(),
                why: error.to_string(),
            },
        })?;
        let chapters = chapters(&text).map_err(|why| CourseError::Summary { path, why })?;
        let path = root.join("checker/renamed.toml");
        let renamed = Renamed::read(&path).map_err(|why| CourseError::Renamed { path, why })?;
        let path = root.join(CURRICULUM);
        let curriculum =
            Curriculum::read(&path).map_err(|why| CourseError::Curriculum { path, why })?;
        Ok(Self {
            root: root.to_owned(),
            chapters,
            renamed,
            curriculum,
        })
    }

    /// A course at `root` with the chapters that `summary` lists, the text of a `SUMMARY.md`.
    ///
    /// # Errors
    /// If `summary` is malformed.
    pub fn from_summary(root: &Path, summary: &str) -> Result<Self, CourseError> {
        let chapters = chapters(summary).map_err(|why| CourseError::Summary {
            path: root.join("src/SUMMARY.md"),
            why,
        })?;
        Ok(Self {
            root: root.to_owned(),
            chapters,
            renamed: Renamed::default(),
            curriculum: Curriculum::default(),
        })
    }

    /// The folder that holds `book.toml`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The course as it is planned.
    pub fn curriculum(&self) -> &Curriculum {
        &self.curriculum
    }

    /// `checker/curriculum.toml`
    pub fn curriculum_path(&self) -> PathBuf {
        self.root.join(CURRICULUM)
    }

    /// `src/decision_tree.toml`: which pattern a problem wants.
    pub fn decision_tree_path(&self) -> PathBuf {
        self.root.join("src/decision_tree.toml")
    }

    /// All chapters, in the book's order.
    pub fn chapters(&self) -> &[Chapter] {
        &self.chapters
    }

    /// The lessons, in the book's order.
    pub fn lessons(&self) -> impl Iterator<Item = &Lesson> {
        self.chapters.iter().filter_map(|chapter| match chapter {
            Chapter::Lesson(lesson) => Some(lesson),
            Chapter::Page(_) => None,
        })
    }

    /// What the lesson is called today that was called `slug` when something was written down.
    pub fn today(&self, slug: &Slug) -> Slug {
        self.renamed.today(slug.as_str()).unwrap_or(slug).clone()
    }

    /// The lesson called `slug`, or once called so.
    ///
    /// # Errors
    /// If there is none; the error suggests the nearest slugs.
    pub fn lesson(&self, slug: &str) -> Result<&Lesson, CourseError> {
        let today = self.renamed.today(slug).map_or(slug, Slug::as_str);
        self.lessons()
            .find(|lesson| lesson.slug.as_str() == today)
            .ok_or_else(|| CourseError::UnknownLesson {
                unknown: slug.to_owned(),
                nearest: nearest(slug, self.lessons().map(|lesson| &lesson.slug)),
            })
    }

    /// The lesson that a file below `exercises` belongs to: its exercise, with what lies in the folder
    /// of that name, its tests, or one of the programs that must not compile. A module that several
    /// lessons use belongs to none, see [`Sources`].
    pub fn lesson_of(&self, path: &Path) -> Option<&Lesson> {
        self.lessons().find(|Lesson { slug, .. }| {
            let exercise = self.exercise_path(slug);
            path == exercise
                || path.starts_with(exercise.with_extension(""))
                || path == self.tests_path(slug)
                || path.starts_with(self.compile_fail_path(slug))
        })
    }

    /// `src/<slug>.md`
    pub fn chapter_path(&self, slug: &Slug) -> PathBuf {
        self.root.join("src").join(format!("{slug}.md"))
    }

    /// `src/notes/<slug>.md`: what a trainer reads beside the chapter, if there is anything.
    pub fn notes_path(&self, slug: &Slug) -> PathBuf {
        self.root.join("src/notes").join(format!("{slug}.md"))
    }

    /// `exercises/src/<slug>.rs`: the learner's file.
    pub fn exercise_path(&self, slug: &Slug) -> PathBuf {
        self.root.join("exercises/src").join(format!("{slug}.rs"))
    }

    /// `exercises/tests/<slug>.rs`
    pub fn tests_path(&self, slug: &Slug) -> PathBuf {
        self.root.join("exercises/tests").join(format!("{slug}.rs"))
    }

    /// `exercises/tests/ui/<slug>/`: programs that must not compile, if the lesson has any.
    pub fn compile_fail_path(&self, slug: &Slug) -> PathBuf {
        self.root.join("exercises/tests/ui").join(slug.as_str())
    }

    /// `exercises/worked/examples/<slug>.rs`
    pub fn worked_example_path(&self, slug: &Slug) -> PathBuf {
        self.root
            .join("exercises/worked/examples")
            .join(format!("{slug}.rs"))
    }

    /// `checker/stubs/<slug>.rs`: the exercise as shipped, out of reach of the learner's edits.
    pub fn stub_path(&self, slug: &Slug) -> PathBuf {
        self.root.join("checker/stubs").join(format!("{slug}.rs"))
    }

    /// `quiz/<slug>.toml`
    pub fn quiz_path(&self, slug: &Slug) -> PathBuf {
        self.root.join("quiz").join(format!("{slug}.toml"))
    }

    /// Whether the solutions are part of this copy: learners of a class may have none.
    pub fn has_solutions(&self) -> bool {
        self.root.join("solutions").is_dir()
    }

    /// `solutions/src/<slug>.rs`
    pub fn solution_path(&self, slug: &Slug) -> PathBuf {
        self.root.join("solutions/src").join(format!("{slug}.rs"))
    }

    /// `solutions/right/<slug>/`
    pub fn right_solutions_path(&self, slug: &Slug) -> PathBuf {
        self.root.join("solutions/right").join(slug.as_str())
    }

    /// `solutions/wrong/<slug>/`
    pub fn wrong_solutions_path(&self, slug: &Slug) -> PathBuf {
        self.root.join("solutions/wrong").join(slug.as_str())
    }

    /// `.checker/progress.jsonl`
    pub fn progress_path(&self) -> PathBuf {
        self.root.join(".checker/progress.jsonl")
    }

    /// `.checker/kept/`: copies of exercises that were reset.
    pub fn kept_path(&self) -> PathBuf {
        self.root.join(".checker/kept")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: &str = "\
# Summary

[Start](start.md)

# Channels

- [Worker pool](worker_pool.md)
- [Choosing](choosing_a_pattern.md)

[Glossary](glossary.md)
";

    fn course() -> Course {
        Course::from_summary(Path::new("/course"), SUMMARY).expect("the summary is well-formed")
    }

    #[test]
    fn numbered_chapters_are_lessons_and_the_others_are_not() {
        let course = course();
        let slugs: Vec<_> = course
            .lessons()
            .map(|lesson| lesson.slug.as_str())
            .collect();
        assert_eq!(slugs, ["worker_pool", "choosing_a_pattern"]);
        assert_eq!(course.chapters().len(), 4);
    }

    #[test]
    fn a_lesson_knows_its_part_and_whether_it_has_an_exercise() {
        let course = course();
        let pool = course.lesson("worker_pool").expect("listed");
        assert_eq!(pool.part.as_deref(), Some("Channels"));
        assert_eq!(pool.exercise, ExerciseKind::Program);
        let choosing = course.lesson("choosing_a_pattern").expect("listed");
        assert_eq!(choosing.exercise, ExerciseKind::None);
    }

    #[test]
    fn a_file_of_an_exercise_tells_its_lesson() {
        let course = course();
        let lesson_of = |path: &str| {
            let lesson = course.lesson_of(&Path::new("/course/exercises").join(path));
            lesson.map(|lesson| lesson.slug.as_str())
        };
        for path in [
            "src/worker_pool.rs",
            "src/worker_pool/queue.rs",
            "tests/worker_pool.rs",
            "tests/ui/worker_pool/borrows.rs",
        ] {
            assert_eq!(lesson_of(path), Some("worker_pool"), "{path}");
        }
        for path in [
            "src/lib.rs",
            "src/worker_pool2.rs",
            "tests/ui/worker",
            "src",
        ] {
            assert_eq!(lesson_of(path), None, "{path}");
        }
    }

    #[test]
    fn an_unknown_lesson_is_answered_with_the_nearest() {
        let error = course().lesson("workerpool").unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no lesson `workerpool`. Did you mean `worker_pool`?"
        );
    }

    #[test]
    fn a_lesson_listed_twice_is_refused() {
        let twice = "# Summary\n- [A](a.md)\n- [B](a.md)\n";
        let error = Course::from_summary(Path::new("."), twice).unwrap_err();
        assert!(
            error.to_string().to_lowercase().contains("duplicate"),
            "{error}"
        );
    }

    #[test]
    fn a_lesson_without_a_file_or_with_an_odd_one_is_refused() {
        for (summary, says) in [
            ("# Summary\n- [A]()\n", "has no file"),
            ("# Summary\n- [A](deep/a.md)\n", "lower-case letters"),
        ] {
            let error = Course::from_summary(Path::new("."), summary).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
