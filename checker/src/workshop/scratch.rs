//! Scratch workspaces: packages that exist only to be built by a check, with the course's own
//! versions, profile and dependencies.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::Workshop;
use super::cargo::{self, Built};

/// A scratch workspace that is being written. Files that stay the same are left alone, so that
/// cargo finds them built.
pub struct Scratch<'a> {
    workshop: &'a Workshop,
    folder: PathBuf,
    members: Vec<String>,
    files: BTreeSet<PathBuf>,
}

impl<'a> Scratch<'a> {
    /// Begins the workspace of the check called `name`.
    pub fn new(workshop: &'a Workshop, name: &str) -> Self {
        Self {
            workshop,
            folder: workshop.folder(name),
            members: Vec::new(),
            files: BTreeSet::new(),
        }
    }

    /// Adds a package in `folder`, which may lie inside another package's. `manifest` is completed
    /// by what all scratch packages have in common.
    pub fn package(&mut self, folder: &str, mut manifest: Table) -> Result<()> {
        let name = folder.replace('/', "-");
        let mut package = Table::new();
        package.insert("name".into(), name.into());
        package.insert("version".into(), "0.0.0".into());
        package.insert("edition".into(), workspace());
        package.insert("publish".into(), false.into());
        for automatic in ["autobins", "autoexamples", "autotests", "autobenches"] {
            package.insert(automatic.into(), false.into());
        }
        manifest.insert("package".into(), package.into());
        self.members.push(folder.to_owned());
        self.file(&format!("{folder}/Cargo.toml"), &manifest.to_string())
    }

    /// Adds a file; `path` is relative to the workspace.
    pub fn file(&mut self, path: &str, text: &str) -> Result<()> {
        let path = self.folder.join(path);
        write_if_changed(&path, text)?;
        self.files.insert(path);
        Ok(())
    }

    /// Builds the workspace, without files that an earlier run left.
    pub fn build(mut self, arguments: &[&str]) -> Result<Built> {
        let mut manifest = self.workspace_manifest()?;
        built_once(&mut manifest);
        self.file("Cargo.toml", &manifest.to_string())?;
        self.take_lock_file()?;
        self.remove_leftovers(&self.folder)?;
        cargo::build(&self.folder, self.workshop.target(), arguments)
    }

    fn workspace_manifest(&self) -> Result<Table> {
        let manifest = read_table(&self.workshop.root().join("Cargo.toml"))?;
        workspace_of(manifest, self.workshop.root(), self.members.iter())
    }

    /// The course's versions, until it changes them; in between cargo adds what only a scratch
    /// package needs.
    fn take_lock_file(&mut self) -> Result<()> {
        let Ok(lock) = fs::read_to_string(self.workshop.root().join("Cargo.lock")) else {
            return Ok(());
        };
        let (taken, own) = (
            self.folder.join("Cargo.lock.taken"),
            self.folder.join("Cargo.lock"),
        );
        if fs::read_to_string(&taken).is_ok_and(|taken| taken == lock) && own.is_file() {
            self.files.extend([taken, own]);
            return Ok(());
        }
        self.file("Cargo.lock", &lock)?;
        self.file("Cargo.lock.taken", &lock)
    }

    fn remove_leftovers(&self, folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.remove_leftovers(&path)?;
            } else if !self.files.contains(&path) {
                fs::remove_file(&path)
                    .with_context(|| format!("{} cannot be removed", path.display()))?;
            }
        }
        Ok(())
    }
}

/// Leaves out what serves only those who debug a program or change it again and again: without it,
/// building takes half the time and a third of the room. Dependencies have none of it anyway, so
/// that they are found built.
fn built_once(manifest: &mut Table) {
    let development = ["profile", "dev"]
        .into_iter()
        .try_fold(manifest, |table, name| {
            let inner = table.entry(name).or_insert_with(|| Table::new().into());
            inner.as_table_mut()
        });
    if let Some(profile) = development {
        profile.insert("debug".into(), false.into());
        profile.insert("incremental".into(), false.into());
    }
}

/// The course's workspace manifest with other `members`, and with paths that hold anywhere.
pub(crate) fn workspace_of(
    mut manifest: Table,
    root: &Path,
    members: impl Iterator<Item = impl AsRef<str>>,
) -> Result<Table> {
    let workspace = manifest
        .get_mut("workspace")
        .and_then(Value::as_table_mut)
        .context("the course's Cargo.toml has no [workspace]")?;
    let members: Vec<Value> = members.map(|member| member.as_ref().into()).collect();
    workspace.remove("default-members");
    workspace.insert("members".into(), members.into());
    if let Some(Value::Table(dependencies)) = workspace.get_mut("dependencies") {
        make_absolute(dependencies, root);
    }
    Ok(manifest)
}

/// The `[dependencies]` (or what `section` names) of one of the course's packages, with paths that
/// hold anywhere.
pub fn dependencies(workshop: &Workshop, package: &str, section: &str) -> Result<Table> {
    let folder = workshop.root().join(package);
    let manifest = read_table(&folder.join("Cargo.toml"))?;
    let mut dependencies = match manifest.get(section) {
        Some(Value::Table(table)) => table.clone(),
        _ => Table::new(),
    };
    make_absolute(&mut dependencies, &folder);
    Ok(dependencies)
}

/// `{ workspace = true }`
pub fn workspace() -> Value {
    Value::Table(Table::from_iter([("workspace".to_owned(), true.into())]))
}

/// `{ package = "…", path = "…" }`
pub fn renamed(package: &str, path: &str) -> Value {
    Value::Table(Table::from_iter([
        ("package".to_owned(), package.into()),
        ("path".to_owned(), path.into()),
    ]))
}

pub(crate) fn make_absolute(dependencies: &mut Table, folder: &Path) {
    for (_, dependency) in dependencies.iter_mut() {
        if let Some(Value::String(path)) = dependency.get_mut("path") {
            *path = folder.join(&path).display().to_string();
        }
    }
}

fn read_table(path: &Path) -> Result<Table> {
    let text =
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    text.parse()
        .with_context(|| format!("{} is not TOML", path.display()))
}

/// What stays the same is left alone, so that cargo finds it built.
pub(crate) fn write_if_changed(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    let text = text.as_ref();
    if fs::read(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}
