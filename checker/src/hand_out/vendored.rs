//! The crates that a copy needs, in the copy: a room without a network has no registry.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::run;

/// Where the crates lie in the copy.
const CRATES: &str = "vendor";

/// Leads cargo there.
const SOURCES: &str = "\
# The crates are in this folder: no network is needed.
[source.crates-io]
replace-with = \"vendored\"

[source.vendored]
directory = \"vendor\"
";

/// How large a copy with its crates is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The crates.
    pub crates: u64,
    /// All else that was handed out.
    pub course: u64,
}

/// Puts the crates of the copy in `folder` into it, and tells cargo to look for them there. This needs
/// a network, or a cargo that has fetched them before.
///
/// # Errors
/// If cargo cannot fetch one, or a file cannot be written.
pub fn vendor(folder: &Path) -> Result<Size> {
    let status = Command::new(run::cargo())
        .current_dir(folder)
        .args(["vendor", "--locked", "--quiet", CRATES])
        .stdout(Stdio::null())
        .status()
        .context("cargo cannot be run; is Rust installed and on the PATH?")?;
    ensure!(
        status.success(),
        "the crates could not be fetched, see above; with a network, try again"
    );
    let path = folder.join(".cargo/config.toml");
    let settings = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    if !settings.contains(SOURCES) {
        fs::write(&path, format!("{settings}\n{SOURCES}"))
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let crates = size(&folder.join(CRATES))?;
    Ok(Size {
        crates,
        course: size(folder)? - crates,
    })
}

/// Builds what a learner runs first, the checker and the exercises' tests, without a network and
/// without what this user's cargo has fetched before.
///
/// # Errors
/// If it does not build.
pub fn builds_alone(folder: &Path) -> Result<()> {
    let home = tempfile::tempdir()?;
    let target = tempfile::tempdir()?;
    for arguments in [
        &["build", "--package", "checker"][..],
        &["test", "--no-run", "--package", "exercises"],
    ] {
        let status = Command::new(run::cargo())
            .current_dir(folder)
            .args(arguments)
            .args(["--frozen", "--quiet"])
            .env("CARGO_HOME", home.path())
            .env("CARGO_TARGET_DIR", target.path())
            .status()?;
        ensure!(
            status.success(),
            "`cargo {}` fails in {} without a network, see above",
            arguments.join(" "),
            folder.display()
        );
    }
    Ok(())
}

/// Of all files below `folder`; links are not followed.
fn size(folder: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            sum += size(&entry.path())?;
        } else if kind.is_file() {
            sum += entry.metadata()?.len();
        }
    }
    Ok(sum)
}
