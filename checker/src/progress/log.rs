use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Event;
use crate::course::Course;
use crate::files::save;

/// The version of the log's shape that this checker reads and writes.
const VERSION: u32 = 1;

/// The log on disk. It keeps nothing in memory: another checker may write to the file at any time.
#[derive(Debug, Clone)]
pub struct Log {
    path: PathBuf,
    course: Course,
}

/// What a log holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// In the order of the file.
    pub events: Vec<Event>,
    /// What could not be read, if anything.
    pub set_aside: Option<SetAside>,
}

/// Lines that are no events: torn by a crash, left by a merge, written by something else. They
/// were moved into a file of their own, and the rest of the log is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// How many lines.
    pub lines: usize,
    /// Where they are now.
    pub into: PathBuf,
}

impl fmt::Display for SetAside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lines, were) = match self.lines {
            1 => ("1 line".to_owned(), "was"),
            many => (format!("{many} lines"), "were"),
        };
        write!(
            f,
            "{lines} of the progress log could not be read and {were} moved to {}; \
             everything else is kept",
            self.into.display()
        )
    }
}

impl LogError {
    fn is_read_only(&self) -> bool {
        let kind = match self {
            Self::Io { why, .. } => why.kind(),
            Self::Newer { .. } => return false,
        };
        matches!(
            kind,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
        )
    }
}

/// Why the log could not be read or written.
#[derive(Debug, Error)]
pub enum LogError {
    /// The file system does not play along.
    #[error("the progress log {} cannot be {doing}: {why}{}", .path.display(), what_to_do(.why))]
    Io {
        /// The file.
        path: PathBuf,
        /// `read`, `written`, `locked`.
        doing: &'static str,
        /// Why.
        why: io::Error,
    },
    /// A later checker has been here.
    #[error(
        "the progress log {} has version {found}, and this checker knows version {VERSION}: \
         update the course, then try again. Nothing was changed.", .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
}

fn what_to_do(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            ". What it holds is kept; free some space, then run the command again"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            ". What it holds is kept; make its folder writable, then run the command again"
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            ". A file stands where its folder should be; move that away, then run the command again"
        }
        _ => "",
    }
}

/// The first line of the file.
#[derive(Serialize, Deserialize)]
struct Header {
    progress_version: u32,
}

impl Log {
    /// The course's log. It need not exist yet.
    pub fn of(course: &Course) -> Self {
        Self {
            path: course.progress_path(),
            course: course.clone(),
        }
    }

    /// Adds an event; when this returns, the event is on the disk.
    ///
    /// # Errors
    /// If the file cannot be written, or a newer checker wrote it. The log is then as it was.
    pub fn append(&self, event: &Event) -> Result<(), LogError> {
        self.append_unless(event, |_| false)
    }

    /// Adds an event unless the events so far make it one too many. No other checker writes between
    /// the question and the answer.
    ///
    /// # Errors
    /// If the file cannot be written, or a newer checker wrote it. The log is then as it was.
    pub fn append_unless(
        &self,
        event: &Event,
        is_known: impl FnOnce(&[Event]) -> bool,
    ) -> Result<(), LogError> {
        let folder = self.folder();
        fs::create_dir_all(folder).map_err(|error| self.error("written", error))?;
        let _lock = self.lock()?;
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&self.path)
            .map_err(|error| self.error("written", error))?;
        let mut before = Vec::new();
        file.read_to_end(&mut before)
            .map_err(|error| self.error("read", error))?;
        let parsed = parse(&before).map_err(|found| self.newer(found))?;
        if is_known(&self.under_todays_names(parsed.events)) {
            return Ok(());
        }
        let start = match before.last() {
            None => header(),
            Some(b'\n') => String::new(),
            // What stands there is set aside by the next reader, who can warn.
            Some(_) => "\n".to_owned(),
        };
        let line = format!("{start}{}\n", json(event));
        // One write: a reader that ignores the lock still never sees half a line from us.
        file.write_all(line.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|error| {
                // A full disk may have taken half of the line. If it cannot be taken back either,
                // the next reader sets it aside.
                let _ = file.set_len(before.len() as u64);
                self.error("written", error)
            })?;
        if before.is_empty() {
            sync_folder(folder).map_err(|error| self.error("written", error))?;
        }
        Ok(())
    }

    /// Reads all events, under the names that the lessons have today. Lines that are none are moved into a file of their own.
    ///
    /// # Errors
    /// If the file cannot be read, or a newer checker wrote it.
    pub fn read(&self) -> Result<History, LogError> {
        if !self.path.exists() {
            return Ok(History::default());
        }
        // Without the lock, a line that another checker is about to finish would look torn.
        let lock = match self.lock() {
            Ok(lock) => Some(lock),
            Err(error) if error.is_read_only() => None,
            Err(error) => return Err(error),
        };
        let bytes = fs::read(&self.path).map_err(|error| self.error("read", error))?;
        let parsed = parse(&bytes).map_err(|found| self.newer(found))?;
        // Where nothing can be written nothing can be set aside, and nobody else writes either.
        let set_aside = if parsed.foreign.is_empty() || lock.is_none() {
            None
        } else {
            Some(self.set_aside(&parsed)?)
        };
        Ok(History {
            events: self.under_todays_names(parsed.events),
            set_aside,
        })
    }

    fn under_todays_names(&self, mut events: Vec<Event>) -> Vec<Event> {
        for event in &mut events {
            event.lesson = self.course.today(&event.lesson);
        }
        events
    }

    /// First the copy, then the removal: killed in between, a line stands in both files.
    fn set_aside(&self, parsed: &Parsed<'_>) -> Result<SetAside, LogError> {
        let into = self.path.with_added_extension("rejected");
        append_lines(&into, &parsed.foreign).map_err(|why| LogError::Io {
            path: into.clone(),
            doing: "written",
            why,
        })?;
        let mut kept = header().into_bytes();
        for line in &parsed.kept {
            kept.extend_from_slice(line);
            kept.push(b'\n');
        }
        // Who linked the log to a folder that is kept elsewhere finds it there.
        save(&self.path, &kept).map_err(|error| self.error("written", error))?;
        Ok(SetAside {
            lines: parsed.foreign.len(),
            into,
        })
    }

    /// The lock is a file of its own, for the log itself is replaced when lines are set aside.
    fn lock(&self) -> Result<File, LogError> {
        OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(self.path.with_extension("lock"))
            .and_then(|file| {
                file.lock()?;
                Ok(file)
            })
            .map_err(|error| self.error("locked", error))
    }

    fn folder(&self) -> &Path {
        self.path.parent().expect("the log lies in `.checker/`")
    }

    fn error(&self, doing: &'static str, why: io::Error) -> LogError {
        LogError::Io {
            path: self.path.clone(),
            doing,
            why,
        }
    }

    fn newer(&self, found: u32) -> LogError {
        LogError::Newer {
            path: self.path.clone(),
            found,
        }
    }
}

/// The log's text, line by line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parsed<'a> {
    events: Vec<Event>,
    /// The lines of the events.
    kept: Vec<&'a [u8]>,
    /// Lines that are neither event nor header.
    foreign: Vec<&'a [u8]>,
}

/// Takes a log apart; fails with the version of a log that is too new.
fn parse(bytes: &[u8]) -> Result<Parsed<'_>, u32> {
    let mut parsed = Parsed::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        // A union merge of two logs may hold the header twice, so it is looked for on every line.
        if let Ok(header) = serde_json::from_slice::<Header>(line) {
            if header.progress_version > VERSION {
                return Err(header.progress_version);
            }
        } else if let Ok(event) = serde_json::from_slice(line) {
            parsed.events.push(event);
            parsed.kept.push(line);
        } else {
            parsed.foreign.push(line);
        }
    }
    Ok(parsed)
}

fn header() -> String {
    let header = Header {
        progress_version: VERSION,
    };
    format!("{}\n", json(&header))
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("events hold nothing that JSON cannot say")
}

fn append_lines(path: &Path, lines: &[&[u8]]) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    for line in lines {
        file.write_all(&[line, b"\n".as_slice()].concat())?;
    }
    file.sync_all()
}

/// A new name in a folder is on the disk only once the folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
