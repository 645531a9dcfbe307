//! Builds the book again when a file of it changes.
//!
//! The page of a chapter that was saved is built by itself and shown at once. What else depends on it,
//! the index of all texts, the takeaways, links to the glossary, follows with a build of the whole book
//! in a thread of its own.

use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use anyhow::Result;

use super::build::{Part, build_to_serve};
use super::notes::Edition;
use super::site::{Pages, Site};
use super::watch::of_book;
use crate::course::{Chapter, Course, Lesson};
use crate::files::{Stamps, Watched};

/// So many looks in a row must find nothing before the rest follows: an author who saves again and again
/// wants the page, and the browser that loads it needs the cores.
const CALM: u32 = 10;

/// A book that is kept up to date.
#[derive(Debug)]
pub struct Rebuilds {
    root: PathBuf,
    edition: Edition,
    watched: Watched,
    seen: Stamps,
    /// The files of the newest whole book. Pages may have been built since.
    whole: Stamps,
    following: Option<Following>,
    /// How many looks have found nothing saved.
    calm: u32,
    /// The last that changed, from the course's root.
    file: PathBuf,
    broken: bool,
    progress: Watched,
    progress_seen: Stamps,
}

/// A whole book on its way.
#[derive(Debug)]
struct Following {
    of: Stamps,
    build: JoinHandle<Result<Site>>,
}

/// What a look at the files found.
#[derive(Debug)]
pub enum Change {
    /// A chapter changed, and its pages were built.
    Page {
        /// The file, from the course's root.
        file: PathBuf,
        /// What is to be shown in the place of the old ones.
        pages: Pages,
    },
    /// The rest of the book has followed a chapter that changed.
    Followed(Site),
    /// Another file changed, and the book was built again.
    Rebuilt {
        /// The file, from the course's root.
        file: PathBuf,
        /// The new book.
        site: Site,
    },
    /// A file changed, and the book cannot be built any more.
    Broken {
        /// The file, from the course's root.
        file: PathBuf,
        /// Why not.
        error: anyhow::Error,
    },
    /// Something was recorded in the progress log.
    Progress,
}

impl Rebuilds {
    /// Builds the book of `course` for the first time.
    ///
    /// # Errors
    /// If it cannot be built.
    pub fn start(course: &Course, edition: Edition) -> Result<(Self, Site)> {
        let watched = of_book(course)?;
        // Before the build: what changes while it runs is seen at the next look.
        let seen = watched.stamps();
        let progress = Watched::new(vec![course.progress_path()]);
        let rebuilds = Self {
            root: course.root().to_owned(),
            edition,
            watched,
            whole: seen.clone(),
            seen,
            following: None,
            calm: 0,
            file: PathBuf::new(),
            broken: false,
            progress_seen: progress.stamps(),
            progress,
        };
        Ok((rebuilds, whole(course, edition)?))
    }

    /// Looks at the files, and builds what has changed since the last look.
    pub fn look(&mut self) -> Option<Change> {
        self.see_saved()
            .or_else(|| self.follow())
            .or_else(|| self.see_progress())
    }

    fn see_saved(&mut self) -> Option<Change> {
        let now = self.watched.stamps();
        if now == self.seen {
            self.calm = self.calm.saturating_add(1);
            return None;
        }
        self.calm = 0;
        let now = self.watched.settled(now);
        let changed: Vec<_> = now.changed_since(&self.seen).map(Path::to_owned).collect();
        self.seen = now;
        let first = changed.first()?;
        first
            .strip_prefix(&self.root)
            .unwrap_or(first)
            .clone_into(&mut self.file);
        Some(self.shown(|rebuilds| rebuilds.build(&changed)))
    }

    /// What `build` makes, or why it cannot.
    fn shown(&mut self, build: impl FnOnce(&mut Self) -> Result<Change>) -> Change {
        let change = build(self);
        self.broken = change.is_err();
        change.unwrap_or_else(|error| Change::Broken {
            file: self.file.clone(),
            error,
        })
    }

    fn build(&mut self, changed: &[PathBuf]) -> Result<Change> {
        let course = Course::find(&self.root)?;
        // Of a book that could not be built, more may have changed than was shown.
        if !self.broken
            && let [file] = changed
            && let Some(chapter) = chapter_of(&course, file)
        {
            return Ok(Change::Page {
                file: self.file.clone(),
                pages: page(&course, self.edition, chapter)?,
            });
        }
        let watched = of_book(&course)?;
        if watched != self.watched {
            self.seen = watched.stamps();
            self.watched = watched;
        }
        let site = whole(&course, self.edition)?;
        self.whole = self.seen.clone();
        Ok(Change::Rebuilt {
            file: self.file.clone(),
            site,
        })
    }

    /// Sees to it that the whole book is as new as its pages: one build at a time, for ever the newest.
    fn follow(&mut self) -> Option<Change> {
        if let Some(Following { of, build }) = self
            .following
            .take_if(|following| following.build.is_finished())
            && of == self.seen
            && !self.broken
        {
            let built = build.join().expect("building does not panic");
            return Some(self.shown(|rebuilds| {
                rebuilds.whole = of;
                built.map(Change::Followed)
            }));
        }
        let is_behind = self.whole != self.seen && !self.broken;
        if is_behind && self.following.is_none() && self.calm >= CALM {
            let (root, edition) = (self.root.clone(), self.edition);
            self.following = Some(Following {
                of: self.seen.clone(),
                build: thread::spawn(move || whole(&Course::find(&root)?, edition)),
            });
        }
        None
    }

    fn see_progress(&mut self) -> Option<Change> {
        let now = self.progress.stamps();
        if now == self.progress_seen {
            return None;
        }
        self.progress_seen = now;
        Some(Change::Progress)
    }
}

/// The chapter that `file` is the text, the quiz or the worked example of.
fn chapter_of<'a>(course: &'a Course, file: &Path) -> Option<&'a Chapter> {
    course.chapters().iter().find(|chapter| {
        file == course.root().join("src").join(chapter.source())
            || matches!(chapter, Chapter::Lesson(Lesson { slug, .. })
                if file == course.quiz_path(slug) || file == course.worked_example_path(slug))
    })
}

fn page(course: &Course, edition: Edition, chapter: &Chapter) -> Result<Pages> {
    let source = chapter.source();
    let folder = tempfile::Builder::new().prefix("page-").tempdir()?;
    build_to_serve(course, edition, Part::Page(&source), folder.path())?;
    let mut urls = vec![format!("/{}", source.with_extension("html").display())];
    // mdBook writes the first chapter twice.
    if course.chapters().first() == Some(chapter) {
        urls.push("/index.html".to_owned());
    }
    Pages::load(folder.path(), urls)
}

fn whole(course: &Course, edition: Edition) -> Result<Site> {
    let folder = tempfile::Builder::new().prefix("book-").tempdir()?;
    build_to_serve(course, edition, Part::Whole, folder.path())?;
    Site::load(folder.path())
}
