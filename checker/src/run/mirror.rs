//! Where lessons are built: a workspace of the checker's own, in which each lesson is a package.
//!
//! The learner has one crate for all lessons. Built as that, every lesson costs what all of them
//! cost together, and one that does not compile keeps the others from being checked. So the files
//! of a lesson are copied to where the compiler calls them by the names that the learner knows,
//! `exercises/src/worker_pool.rs`, and a package of its own compiles those that the lesson uses:
//!
//! ```text
//! target/checker/Cargo.toml                             the course's, but for the members
//! target/checker/lessons/worker_pool/Cargo.toml         the exercises', but for the targets
//! target/checker/exercises/src/lib.worker_pool.rs       the learner's lib.rs, reduced
//! target/checker/exercises/src/worker_pool.rs           a copy
//! target/checker/exercises/tests/worker_pool.rs         a copy
//! ```
//!
//! The copy is a snapshot besides: what is saved during a build is not in it. Only what has changed
//! is written, so cargo finds the rest built. Dependencies are built where the course builds them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use toml::{Table, Value};

use super::RunError;
use super::turn::lock;
use crate::course::{Course, ExerciseKind, Slug, Sources, is_rust};
use crate::process::Stop;
use crate::progress::Fingerprint;
use crate::workshop::{make_absolute, target_folder, workspace_of, write_if_changed};

/// The workspace, while no other process writes or builds in it.
pub(super) struct Mirror {
    folder: PathBuf,
    target: PathBuf,
    _lock: File,
}

/// The sections of a manifest that name targets.
const TARGETS: [&str; 5] = ["lib", "bin", "test", "bench", "example"];

/// The sections that name other packages.
const DEPENDENCIES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// The folder of all that is kept here, below the target folder of `course`.
pub(super) fn folder(course: &Course) -> Result<PathBuf, RunError> {
    Ok(target_folder(course).map_err(RunError::Io)?.join("checker"))
}

/// The package of the lesson `slug`.
pub(super) fn package(slug: &Slug) -> String {
    format!("exercises-{slug}")
}

/// The target of a program that must not compile, from its name in the tests.
pub(super) fn case_target(file: &str) -> String {
    file.trim_end_matches(".rs").replace('/', "-")
}

/// The root of the lesson's crate, beside the learner's modules.
pub(super) fn root_name(slug: &Slug) -> String {
    format!("lib.{slug}.rs")
}

impl Mirror {
    /// Waits for others to have built, then writes what has changed of `lessons`.
    pub fn write(
        course: &Course,
        lessons: &BTreeMap<Slug, Sources>,
        stop: &Stop,
        note: impl FnOnce(),
    ) -> Result<Self, RunError> {
        let folder = folder(course)?;
        let (lock, _) = lock(&folder.join("lock"), stop, note)?;
        let mirror = Self {
            target: target_folder(course).map_err(RunError::Io)?,
            folder,
            _lock: lock,
        };
        mirror
            .write_manifests(course)
            .map_err(|error| RunError::Cargo(format!("{error:#}")))?;
        for (slug, sources) in lessons {
            mirror
                .write_lesson(course, slug, sources)
                .map_err(RunError::Mirror)?;
        }
        Ok(mirror)
    }

    /// The workspace's manifest.
    pub fn manifest(&self) -> PathBuf {
        self.folder.join("Cargo.toml")
    }

    /// Where cargo builds.
    pub fn target(&self) -> &Path {
        &self.target
    }

    fn write_lesson(&self, course: &Course, slug: &Slug, sources: &Sources) -> Result<()> {
        let mut wanted = BTreeSet::new();
        for (path, bytes) in sources.files() {
            let copy = self.folder.join(path);
            write_if_changed(&copy, bytes)?;
            wanted.insert(copy);
        }
        let root = self.folder.join("exercises/src").join(root_name(slug));
        write_if_changed(&root, sources.crate_root())?;
        // A file that the learner has removed or renamed must not be found by the compiler.
        let own = [
            course.exercise_path(slug).with_extension(""),
            course.compile_fail_path(slug),
        ];
        for folder in own {
            let relative = folder.strip_prefix(course.root()).unwrap_or(&folder);
            remove_others(&self.folder.join(relative), &wanted)?;
        }
        self.remove_what_no_lesson_has(course)
    }

    /// Shared modules come and go as well; they are the learner's, and few.
    fn remove_what_no_lesson_has(&self, course: &Course) -> Result<()> {
        let modules = Path::new("exercises/src");
        for entry in fs::read_dir(self.folder.join(modules))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default();
            let is_a_root = name.to_string_lossy().starts_with("lib.");
            if !is_a_root && !course.root().join(modules).join(name).exists() {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// Derived from the course's own, which takes longer than to see that those have not changed.
    fn write_manifests(&self, course: &Course) -> Result<()> {
        let inputs = Inputs::read(course)?;
        let mark = self.folder.join("derived_from");
        let fingerprint = inputs.fingerprint(course)?;
        if fs::read_to_string(&mark).is_ok_and(|there| there == fingerprint)
            && self.manifest().is_file()
        {
            return Ok(());
        }
        for slug in inputs.cases.keys() {
            let path = self.folder.join("lessons").join(slug.as_str());
            let manifest = inputs.package(course, &self.folder.join("exercises"), slug)?;
            write_if_changed(&path.join("Cargo.toml"), manifest.to_string())?;
        }
        write_if_changed(&self.manifest(), inputs.workspace(course)?.to_string())?;
        if let Some(lock) = &inputs.lock {
            // Cargo leaves out what the lessons do not need, and adds nothing else.
            write_if_changed(&self.folder.join("Cargo.lock"), lock)?;
        }
        write_if_changed(&mark, fingerprint)
    }
}

/// What the manifests are derived from.
struct Inputs {
    workspace: String,
    exercises: String,
    lock: Option<String>,
    /// By lesson, as the tests name them.
    cases: BTreeMap<Slug, Vec<String>>,
}

impl Inputs {
    fn read(course: &Course) -> Result<Self> {
        let mut cases = BTreeMap::new();
        for lesson in course.lessons() {
            if lesson.exercise == ExerciseKind::Program {
                cases.insert(lesson.slug.clone(), case_files(course, &lesson.slug)?);
            }
        }
        Ok(Self {
            workspace: read(course, "Cargo.toml")?,
            exercises: read(course, "exercises/Cargo.toml")?,
            lock: fs::read_to_string(course.root().join("Cargo.lock")).ok(),
            cases,
        })
    }

    fn fingerprint(&self, course: &Course) -> Result<String> {
        let all = (
            // How they are derived.
            include_str!("mirror.rs"),
            course.root(),
            &self.workspace,
            &self.exercises,
            &self.lock,
            &self.cases,
        );
        let all = serde_json::to_string(&all)?;
        Ok(serde_json::to_string(&Fingerprint::of_text(&all))?)
    }

    fn workspace(&self, course: &Course) -> Result<Table> {
        let members = self.cases.keys().map(|slug| format!("lessons/{slug}"));
        let manifest = parse("Cargo.toml", &self.workspace)?;
        let mut manifest = workspace_of(manifest, course.root(), members)?;
        if let Some(Value::Table(patched)) = manifest.get_mut("patch") {
            for (_, registry) in patched.iter_mut() {
                if let Value::Table(packages) = registry {
                    make_absolute(packages, course.root());
                }
            }
        }
        let dev = manifest
            .get_mut("profile")
            .and_then(|profiles| profiles.as_table_mut()?.remove("dev"));
        if let Some(mut dev) = dev {
            if let Some(Value::Table(packages)) = dev.get_mut("package") {
                // Cargo warns of each that no lesson needs.
                let needed = self.needed();
                packages.retain(|name, _| name == "*" || needed.contains::<str>(name));
            }
            let profiles = Table::from_iter([("dev".to_owned(), dev)]);
            manifest.insert("profile".into(), profiles.into());
        }
        Ok(manifest)
    }

    /// The packages that the exercises stand on, directly or not.
    fn needed(&self) -> BTreeSet<String> {
        let lock: Table = self
            .lock
            .as_deref()
            .and_then(|lock| lock.parse().ok())
            .unwrap_or_default();
        let packages = lock.get("package").and_then(Value::as_array);
        let packages: Vec<&Table> = packages
            .into_iter()
            .flatten()
            .filter_map(Value::as_table)
            .collect();
        let mut needed = BTreeSet::from(["exercises".to_owned()]);
        let mut due: Vec<String> = needed.iter().cloned().collect();
        while let Some(name) = due.pop() {
            let named = |package: &&&Table| {
                package.get("name").and_then(Value::as_str) == Some(name.as_str())
            };
            let dependencies = packages
                .iter()
                .filter(named)
                .filter_map(|package| package.get("dependencies")?.as_array())
                .flatten()
                .filter_map(Value::as_str)
                // `name`, or `name version` where there are several.
                .filter_map(|dependency| dependency.split_whitespace().next());
            for dependency in dependencies {
                if needed.insert(dependency.to_owned()) {
                    due.push(dependency.to_owned());
                }
            }
        }
        needed
    }

    /// The exercises' manifest for the package of one lesson, whose files lie in `copies`: by an
    /// absolute path, since the compiler calls a file what cargo calls it, and only of an absolute
    /// path cargo takes the workspace's folder off.
    fn package(&self, course: &Course, copies: &Path, slug: &Slug) -> Result<Table> {
        let home = course.root().join("exercises");
        let mut manifest = parse("exercises/Cargo.toml", &self.exercises)?;
        let package = manifest
            .get_mut("package")
            .and_then(Value::as_table_mut)
            .context("exercises/Cargo.toml has no [package]")?;
        package.insert("name".into(), package_name(slug));
        for automatic in ["autobins", "autoexamples", "autotests", "autobenches"] {
            package.insert(automatic.into(), false.into());
        }
        let script = home.join("build.rs");
        if script.is_file() {
            package.insert("build".into(), script.display().to_string().into());
        }
        for section in DEPENDENCIES {
            if let Some(Value::Table(dependencies)) = manifest.get_mut(section) {
                make_absolute(dependencies, &home);
            }
        }
        for section in TARGETS {
            manifest.remove(section);
        }
        manifest.insert("lib".into(), library(copies, slug).into());
        manifest.insert("test".into(), vec![test(copies, slug)].into());
        let cases: Vec<Table> = self.cases[slug]
            .iter()
            .map(|file| case(copies, file))
            .collect();
        if !cases.is_empty() {
            manifest.insert("example".into(), cases.into());
        }
        Ok(manifest)
    }
}

fn read(course: &Course, path: &str) -> Result<String> {
    fs::read_to_string(course.root().join(path)).with_context(|| format!("{path} cannot be read"))
}

fn parse(path: &str, text: &str) -> Result<Table> {
    text.parse().with_context(|| format!("{path} is not TOML"))
}

fn package_name(slug: &Slug) -> Value {
    package(slug).into()
}

fn library(exercises: &Path, slug: &Slug) -> Table {
    let path = exercises.join("src").join(root_name(slug));
    Table::from_iter([
        ("name".to_owned(), "exercises".into()),
        ("path".to_owned(), path.display().to_string().into()),
        ("test".to_owned(), false.into()),
        ("doctest".to_owned(), false.into()),
    ])
}

fn test(exercises: &Path, slug: &Slug) -> Table {
    let path = exercises.join("tests").join(format!("{slug}.rs"));
    Table::from_iter([
        ("name".to_owned(), slug.as_str().into()),
        ("path".to_owned(), path.display().to_string().into()),
    ])
}

fn case(exercises: &Path, file: &str) -> Table {
    let path = exercises.join("tests/ui").join(file);
    Table::from_iter([
        ("name".to_owned(), case_target(file).into()),
        ("path".to_owned(), path.display().to_string().into()),
        // Not linked: compiling is all that is asked.
        ("crate-type".to_owned(), vec!["lib"].into()),
    ])
}

fn case_files(course: &Course, slug: &Slug) -> Result<Vec<String>> {
    let folder = course.compile_fail_path(slug);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if is_rust(Path::new(&name)) && !name.starts_with('.') {
            files.push(format!("{slug}/{name}"));
        }
    }
    files.sort();
    Ok(files)
}

/// Removes all files below `folder` but those `wanted`.
fn remove_others(folder: &Path, wanted: &BTreeSet<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(&path, wanted)?;
        } else if !wanted.contains(&path) {
            remove(&path)?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    removed.with_context(|| format!("{} cannot be removed", path.display()))
}
