//! Exercises as they were shipped, and back: nothing that a learner wrote is ever lost.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Fingerprint;
use crate::course::{Course, Slug, brings_back};
use crate::files::save;

/// What putting a file back came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutBack {
    /// The file was so already.
    Already,
    /// It is so now. What stood there is in the file named here, relative to the course, unless
    /// there was nothing that is not kept elsewhere.
    Done {
        /// The copy.
        kept: Option<PathBuf>,
    },
}

/// Why a file was not put back. The learner's file is as it was.
#[derive(Debug, Error)]
pub enum PristineError {
    /// The course lacks the file.
    #[error("{} is missing; {}", .0.display(), brings_back(.0))]
    NoStub(PathBuf),
    /// There is no copy.
    #[error("nothing is kept of the exercise of `{0}`: it was never reset")]
    NothingKept(Slug),
    /// The file system does not play along.
    #[error("{} cannot be {doing}; nothing was changed", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// `read`, `written`.
        doing: &'static str,
        /// Why.
        source: io::Error,
    },
}

/// Whether the learner's file differs from what was shipped.
///
/// # Errors
/// If one of the two cannot be read.
pub fn is_changed(course: &Course, slug: &Slug) -> Result<bool, PristineError> {
    let stub = stub(course, slug)?;
    let mine = read(&course.exercise_path(slug))?;
    Ok(mine.is_none_or(|mine| !same(&mine, &stub)))
}

/// Puts the exercise back as it was shipped, and keeps a copy of what stood there.
///
/// # Errors
/// If the stub is missing, or a file cannot be read or written.
pub fn reset(course: &Course, slug: &Slug) -> Result<PutBack, PristineError> {
    put(course, slug, &stub(course, slug)?)
}

/// Puts the copy back that was kept last, and keeps a copy of what stands there now.
///
/// # Errors
/// If there is no copy, or a file cannot be read or written.
pub fn undo(course: &Course, slug: &Slug) -> Result<PutBack, PristineError> {
    let kept = Kept::of(course, slug)?;
    let copy = match kept.newest() {
        Some(path) => read(&path)?,
        None => None,
    };
    put(
        course,
        slug,
        &copy.ok_or_else(|| PristineError::NothingKept(slug.clone()))?,
    )
}

fn put(course: &Course, slug: &Slug, wanted: &[u8]) -> Result<PutBack, PristineError> {
    let path = course.exercise_path(slug);
    let mine = read(&path)?;
    let kept = match &mine {
        Some(mine) if same(mine, wanted) => return Ok(PutBack::Already),
        Some(mine) if !same(mine, &stub(course, slug)?) => {
            Some(Kept::of(course, slug)?.keep(mine)?)
        }
        _ => None,
    };
    save(&path, wanted).map_err(|source| PristineError::Io {
        path,
        doing: "written",
        source,
    })?;
    let kept = kept.map(|path| {
        let within = path.strip_prefix(course.root());
        within.map_or_else(|_| path.clone(), Path::to_owned)
    });
    Ok(PutBack::Done { kept })
}

fn stub(course: &Course, slug: &Slug) -> Result<Vec<u8>, PristineError> {
    let path = course.stub_path(slug);
    let relative = path.strip_prefix(course.root()).unwrap_or(&path);
    read(&path)?.ok_or_else(|| PristineError::NoStub(relative.to_owned()))
}

/// `None` if there is no such file.
fn read(path: &Path) -> Result<Option<Vec<u8>>, PristineError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(PristineError::Io {
            path: path.to_owned(),
            doing: "read",
            source,
        }),
    }
}

/// Whatever the lines end with.
fn same(one: &[u8], other: &[u8]) -> bool {
    Fingerprint::of_bytes(one) == Fingerprint::of_bytes(other)
}

/// The copies of one exercise: `.checker/kept/<slug>-<number>.rs`.
struct Kept {
    folder: PathBuf,
    slug: Slug,
    last: u32,
}

impl Kept {
    fn of(course: &Course, slug: &Slug) -> Result<Self, PristineError> {
        let folder = course.kept_path();
        let mut kept = Self {
            folder,
            slug: slug.clone(),
            last: 0,
        };
        let names = match fs::read_dir(&kept.folder) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(kept),
            Err(source) => return Err(kept.error("read", source)),
        };
        for name in names {
            let name = name
                .map_err(|source| kept.error("read", source))?
                .file_name();
            let number = name.to_str().and_then(|name| {
                let number = name.strip_prefix(slug.as_str())?.strip_prefix('-')?;
                number.strip_suffix(".rs")?.parse().ok()
            });
            kept.last = kept.last.max(number.unwrap_or(0));
        }
        Ok(kept)
    }

    fn path(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{}-{number}.rs", self.slug))
    }

    fn newest(&self) -> Option<PathBuf> {
        (self.last > 0).then(|| self.path(self.last))
    }

    /// Keeps `mine`, on the disk when this returns. What is kept already is not kept twice.
    fn keep(&self, mine: &[u8]) -> Result<PathBuf, PristineError> {
        for number in (1..=self.last).rev() {
            let path = self.path(number);
            if read(&path)?.is_some_and(|kept| kept == mine) {
                return Ok(path);
            }
        }
        // Never over a file that is there: another checker may have been faster.
        let taken = |error: &io::Error| error.kind() == io::ErrorKind::AlreadyExists;
        for number in self.last + 1.. {
            let path = self.path(number);
            match self.write_new(&path, mine) {
                Ok(()) => return Ok(path),
                Err(error) if taken(&error) && path.exists() => {}
                Err(source) => {
                    return Err(PristineError::Io {
                        path,
                        doing: "written",
                        source,
                    });
                }
            }
        }
        unreachable!("there are more numbers than a folder holds files")
    }

    fn write_new(&self, path: &Path, mine: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(mine)?;
        file.sync_all()?;
        File::open(&self.folder)?.sync_all()
    }

    fn error(&self, doing: &'static str, source: io::Error) -> PristineError {
        PristineError::Io {
            path: self.folder.clone(),
            doing,
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scratch {
        course: Course,
        slug: Slug,
        _folder: tempfile::TempDir,
    }

    impl Scratch {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let course = Course::from_summary(folder.path(), "# Summary\n- [A](a.md)\n");
            let course = course.expect("a course");
            let slug: Slug = "a".parse().expect("a slug");
            for path in [course.stub_path(&slug), course.exercise_path(&slug)] {
                fs::create_dir_all(path.parent().expect("a folder")).expect("created");
                fs::write(path, "shipped\n").expect("written");
            }
            Self {
                course,
                slug,
                _folder: folder,
            }
        }

        fn write(&self, text: &str) {
            fs::write(self.course.exercise_path(&self.slug), text).expect("written");
        }

        fn mine(&self) -> String {
            fs::read_to_string(self.course.exercise_path(&self.slug)).expect("read")
        }

        fn reset(&self) -> PutBack {
            reset(&self.course, &self.slug).expect("reset")
        }

        fn undo(&self) -> PutBack {
            undo(&self.course, &self.slug).expect("undone")
        }
    }

    fn done(kept: &str) -> PutBack {
        PutBack::Done {
            kept: (!kept.is_empty()).then(|| Path::new(".checker/kept").join(kept)),
        }
    }

    #[test]
    fn what_stood_there_is_kept_and_comes_back() {
        let scratch = Scratch::new();
        assert_eq!(scratch.reset(), PutBack::Already);
        scratch.write("one\n");
        assert_eq!(scratch.reset(), done("a-1.rs"));
        assert_eq!(scratch.mine(), "shipped\n");
        assert_eq!(scratch.undo(), done(""));
        assert_eq!(scratch.mine(), "one\n");
        assert_eq!(scratch.undo(), PutBack::Already);
        // What is kept is not kept twice, and nothing is written over.
        assert_eq!(scratch.reset(), done("a-1.rs"));
        scratch.write("two\n");
        assert_eq!(scratch.reset(), done("a-2.rs"));
        scratch.write("three\n");
        assert_eq!(scratch.undo(), done("a-3.rs"));
        assert_eq!(scratch.mine(), "two\n");
    }

    #[test]
    fn a_copy_that_another_checker_has_made_meanwhile_is_left_alone() {
        let scratch = Scratch::new();
        let before = Kept::of(&scratch.course, &scratch.slug).expect("read");
        scratch.write("theirs\n");
        assert_eq!(scratch.reset(), done("a-1.rs"));
        let kept = before.keep(b"mine\n").expect("kept");
        assert!(kept.ends_with("a-2.rs"), "{}", kept.display());
        assert_eq!(fs::read_to_string(kept).expect("read"), "mine\n");
    }

    #[test]
    fn line_ends_are_no_change_and_a_missing_file_comes_back() {
        let scratch = Scratch::new();
        scratch.write("shipped\r\n");
        assert!(!is_changed(&scratch.course, &scratch.slug).expect("read"));
        assert_eq!(scratch.reset(), PutBack::Already);
        fs::remove_file(scratch.course.exercise_path(&scratch.slug)).expect("removed");
        assert!(is_changed(&scratch.course, &scratch.slug).expect("read"));
        assert_eq!(scratch.reset(), done(""));
        assert_eq!(scratch.mine(), "shipped\n");
    }

    #[test]
    fn without_a_stub_or_a_copy_nothing_happens() {
        let scratch = Scratch::new();
        scratch.write("mine\n");
        let error = undo(&scratch.course, &scratch.slug).expect_err("nothing is kept");
        assert!(error.to_string().contains("never reset"), "{error}");
        fs::remove_file(scratch.course.stub_path(&scratch.slug)).expect("removed");
        let error = reset(&scratch.course, &scratch.slug).expect_err("no stub");
        assert!(
            error
                .to_string()
                .starts_with("checker/stubs/a.rs is missing")
        );
        assert_eq!(scratch.mine(), "mine\n");
    }

    #[test]
    fn a_copy_that_cannot_be_kept_leaves_the_file_alone() {
        let scratch = Scratch::new();
        scratch.write("mine\n");
        // A file where the folder should be.
        fs::write(scratch.course.root().join(".checker"), "").expect("written");
        let error = reset(&scratch.course, &scratch.slug).expect_err("it cannot be kept");
        assert!(
            error.to_string().ends_with("nothing was changed"),
            "{error}"
        );
        assert_eq!(scratch.mine(), "mine\n");
    }
}
