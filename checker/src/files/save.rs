//! Writing to a path that the user named, or may have put something else at.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write as _, stderr, stdout};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// As many links in a row as Linux follows.
const MOST_LINKS: usize = 40;

/// What a path leads to.
enum Place {
    /// A file, or the name of one that does not exist yet.
    File(PathBuf, Option<Metadata>),
    /// The checker's own standard output.
    Stdout,
    /// The checker's own standard error.
    Stderr,
    /// A pipe, a terminal, a device.
    Stream,
}

/// Writes `bytes` to what `path` leads to; links are followed.
///
/// A file holds all of the new bytes or all of its old ones, whatever happens in between. It keeps
/// its permissions, and one that is read-only is refused. Anything else is written to and stays
/// what it is.
///
/// # Errors
/// If it cannot be written.
pub fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match Place::of(path)? {
        Place::File(path, old) => replace(&path, old.as_ref(), bytes),
        Place::Stdout => write_all(stdout(), bytes),
        Place::Stderr => write_all(stderr(), bytes),
        Place::Stream => write_all(OpenOptions::new().append(true).open(path)?, bytes),
    }
}

impl Place {
    /// A link is followed by hand: the last one may lead to a file that does not exist yet, and the
    /// system's own links below `/proc` lead to what is open already.
    fn of(path: &Path) -> io::Result<Self> {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            if let Some(open) = Self::open_already(&path) {
                return Ok(open);
            }
            let Ok(link) = fs::read_link(&path) else {
                return Self::at(path);
            };
            path = match path.parent() {
                Some(folder) => folder.join(link),
                None => link,
            };
        }
        Err(io::Error::other("too many links lead to one another"))
    }

    /// Opened a second time, a file would be written from its beginning, over what a shell or a
    /// command before has put there.
    fn open_already(path: &Path) -> Option<Self> {
        let text = path.to_str()?;
        let descriptor = match text {
            "/dev/stdout" => "1",
            "/dev/stderr" => "2",
            _ => text
                .strip_prefix("/dev/fd/")
                .or_else(|| text.strip_prefix("/proc/self/fd/"))?,
        };
        Some(match descriptor {
            "1" => Self::Stdout,
            "2" => Self::Stderr,
            _ => Self::Stream,
        })
    }

    fn at(path: PathBuf) -> io::Result<Self> {
        match fs::metadata(&path) {
            Ok(there) if there.is_file() => Ok(Self::File(path, Some(there))),
            Ok(there) if there.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(_) => Ok(Self::Stream),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::File(path, None)),
            Err(error) => Err(error),
        }
    }
}

fn replace(path: &Path, old: Option<&Metadata>, bytes: &[u8]) -> io::Result<()> {
    if old.is_some_and(|old| old.permissions().readonly()) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut new = beside(path)?;
    new.write_all(bytes)?;
    if let Some(old) = old {
        // Root in a container may write to a file of somebody else's; others own what they write.
        let _ = fchown(new.as_file(), Some(old.uid()), Some(old.gid()));
        new.as_file().set_permissions(old.permissions())?;
    }
    new.as_file().sync_all()?;
    new.persist(path).map_err(|error| error.error)?;
    // A new name in a folder is on the disk only once the folder is.
    File::open(folder_of(path))?.sync_all()
}

/// With the permissions of any new file: what the user's mask allows.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".checker-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn write_all(mut out: impl io::Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(bytes)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileTypeExt as _, symlink};
    use std::process::{Command, Stdio};

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    fn text(path: &Path) -> String {
        fs::read_to_string(path).expect("it is there")
    }

    #[test]
    fn links_are_followed_even_to_what_does_not_exist_yet() {
        let folder = folder();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("deep")).expect("made");
        symlink("deep/report.md", path("near")).expect("linked");
        symlink(path("near"), path("far")).expect("linked");
        for words in ["first", "second"] {
            save(&path("far"), words.as_bytes()).expect("saved");
            assert_eq!(text(&path("deep/report.md")), words);
        }
        assert!(path("near").is_symlink() && path("far").is_symlink());
        symlink(path("round"), path("round")).expect("linked");
        assert!(save(&path("round"), b"").is_err());
    }

    #[test]
    fn a_pipe_is_written_to_and_stays_one() {
        let folder = folder();
        let pipe = folder.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo").success());
        let mut reader = Command::new("cat");
        let reader = reader.arg(&pipe).stdout(Stdio::piped()).spawn();
        let reader = reader.expect("cat");
        save(&pipe, b"report").expect("saved");
        let read = reader.wait_with_output().expect("it ends").stdout;
        assert_eq!(read, b"report");
        let kind = fs::symlink_metadata(&pipe).expect("there").file_type();
        assert!(kind.is_fifo());
    }

    #[test]
    fn a_device_is_written_to_and_stays_one() {
        let folder = folder();
        let link = folder.path().join("null");
        symlink("/dev/null", &link).expect("linked");
        for path in [Path::new("/dev/null"), &link] {
            save(path, b"report").expect("saved");
        }
        assert!(link.is_symlink());
        let kind = fs::metadata("/dev/null").expect("there").file_type();
        assert!(kind.is_char_device());
    }

    #[test]
    fn a_file_keeps_its_permissions_and_a_read_only_one_its_text() {
        let folder = folder();
        let path = folder.path().join("report.md");
        fs::write(&path, "old").expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("allowed");
        save(&path, b"new").expect("saved");
        let mode = || fs::metadata(&path).expect("there").permissions().mode() & 0o777;
        assert_eq!((text(&path).as_str(), mode()), ("new", 0o640));
        fs::set_permissions(&path, Permissions::from_mode(0o444)).expect("allowed");
        let error = save(&path, b"newer").expect_err("it is read-only");
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(text(&path), "new");
        let left = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, 1, "something was left beside it");
    }

    #[test]
    fn a_folder_is_refused() {
        let error = save(folder().path(), b"").expect_err("a folder");
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
    }
}
