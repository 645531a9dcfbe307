//! Builds the book again when a file of it changes.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::build::build;
use super::site::Site;
use super::watch::of_book;
use crate::course::Course;
use crate::watched::{Stamps, Watched};

/// A book that is kept up to date.
#[derive(Debug)]
pub struct Rebuilds {
    root: PathBuf,
    watched: Watched,
    seen: Stamps,
    progress: Watched,
    progress_seen: Stamps,
}

/// What a look at the files found.
#[derive(Debug)]
pub enum Change {
    /// A file changed, and the book was built again.
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
    /// Somebody recorded something in the progress log.
    Progress,
}

impl Rebuilds {
    /// Builds the book of `course` for the first time.
    ///
    /// # Errors
    /// If it cannot be built.
    pub fn start(course: &Course) -> Result<(Self, Site)> {
        let watched = of_book(course)?;
        // Before the build: what changes while it runs is seen at the next look.
        let seen = watched.stamps();
        let progress = Watched::new(vec![course.progress_path()]);
        let rebuilds = Self {
            root: course.root().to_owned(),
            watched,
            seen,
            progress_seen: progress.stamps(),
            progress,
        };
        Ok((rebuilds, fresh(course)?))
    }

    /// Looks at the files, and builds the book if one has changed since the last look.
    pub fn look(&mut self) -> Option<Change> {
        let now = self.watched.stamps();
        let changed = now.changed_since(&self.seen).next().map(Path::to_owned);
        if let Some(file) = changed {
            let file = file.strip_prefix(&self.root).unwrap_or(&file).to_owned();
            self.seen = self.watched.settled(now);
            return Some(match self.build() {
                Ok(site) => Change::Rebuilt { file, site },
                Err(error) => Change::Broken { file, error },
            });
        }
        let now = self.progress.stamps();
        if now == self.progress_seen {
            return None;
        }
        self.progress_seen = now;
        Some(Change::Progress)
    }

    fn build(&mut self) -> Result<Site> {
        let course = Course::find(&self.root)?;
        let watched = of_book(&course)?;
        if watched != self.watched {
            self.seen = watched.stamps();
            self.watched = watched;
        }
        fresh(&course)
    }
}

fn fresh(course: &Course) -> Result<Site> {
    let folder = tempfile::Builder::new().prefix("book-").tempdir()?;
    build(course, folder.path())?;
    Site::load(folder.path())
}
