//! The recorded pictures: each is what its worked example draws today, and stands in a chapter.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use checker::course::{Course, Finding, Slug};
use checker::process::End;
use checker::workshop::{Mode, Workshop, cargo, run};

use super::Report;

/// Names the folder that a worked example writes its pictures to, in a folder of its lesson's.
const PICTURES: &str = "COURSE_PICTURES";
/// How long a worked example may run.
const LIMIT: Duration = Duration::from_mins(1);
/// Where the pictures are committed.
const FOLDER: &str = "src/timelines";

pub(super) fn check(course: &Course, workshop: &Workshop) -> Result<Report> {
    let slugs: Vec<_> = course
        .lessons()
        .map(|lesson| &lesson.slug)
        .filter(|slug| course.worked_example_path(slug).is_file())
        .collect();
    let drawn_in = workshop.folder("pictures");
    if drawn_in.exists() {
        fs::remove_dir_all(&drawn_in)?;
    }
    fs::create_dir_all(&drawn_in)?;
    let mut findings = Vec::new();
    if !slugs.is_empty() {
        workshop.say("pictures: running the worked examples");
        findings = draw(course, workshop, &slugs, &drawn_in)?;
    }
    let drawn = pictures(&drawn_in)?;
    findings.extend(empty(&drawn));
    let committed = pictures(&course.root().join(FOLDER))?;
    let mut blessed = Vec::new();
    for change in compare(&committed, &drawn) {
        // A picture is not thrown away because its example could not be run.
        if workshop.mode() == Mode::Bless && findings.is_empty() {
            blessed.push(change.bless(course.root(), &drawn)?);
        } else {
            findings.push(change.finding());
        }
    }
    let chapters = course
        .lessons()
        .filter_map(|lesson| {
            let chapter = fs::read_to_string(course.chapter_path(&lesson.slug)).ok()?;
            Some((lesson.slug.to_string(), chapter))
        })
        .collect();
    findings.extend(unused(&drawn, &chapters));
    Ok(Report {
        blessed,
        ..Report::on(drawn.len(), "picture", findings)
    })
}

/// Runs the worked examples; what did not end well is found.
fn draw(
    course: &Course,
    workshop: &Workshop,
    slugs: &[&Slug],
    pictures: &Path,
) -> Result<Vec<Finding>> {
    let arguments = ["--package", "worked", "--examples"];
    let built = cargo::build(course.root(), workshop.target(), &arguments)?;
    let mut findings = Vec::new();
    for slug in slugs {
        let path = format!("exercises/worked/examples/{slug}.rs");
        let target = built.target(slug.as_str());
        let Some(executable) = target.and_then(|target| target.executable.as_ref()) else {
            let error = target.and_then(|target| target.errors.first());
            let what = error.map_or("was not built".to_owned(), |error| {
                format!("does not compile: {}", error.headline())
            });
            findings.push(Finding::of_file(path, what));
            continue;
        };
        let mut command = Command::new(executable);
        command
            .current_dir(course.root())
            .env(PICTURES, pictures)
            .env("RUST_BACKTRACE", "0");
        let ran = run(command, LIMIT)?;
        let what = match ran.end {
            End::Exited(0) => continue,
            End::Exited(code) => format!("ends with exit code {code}\n{}", ran.stderr.trim()),
            End::Signalled(signal) => format!("was ended by signal {signal}"),
            End::TooMuchOutput => "prints without end".to_owned(),
            End::OutOfTime => format!("did not end in {} s", LIMIT.as_secs()),
        };
        findings.push(Finding::of_file(path, what));
    }
    Ok(findings)
}

/// All files of all lessons, by `<slug>/<name>.svg`; those that the reader moves by
/// `<slug>/<name>/<value>.html`, with their list.
fn pictures(folder: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut pictures = BTreeMap::new();
    if folder.is_dir() {
        for lesson in fs::read_dir(folder)? {
            let lesson = lesson?.path();
            if lesson.is_dir() {
                add(&mut pictures, folder, &lesson)?;
            }
        }
    }
    Ok(pictures)
}

fn add(pictures: &mut BTreeMap<PathBuf, String>, root: &Path, folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            add(pictures, root, &path)?;
            continue;
        }
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        pictures.insert(path.strip_prefix(root)?.to_owned(), text);
    }
    Ok(())
}

/// How the committed pictures differ from those drawn now.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    /// Drawn, not committed.
    New(PathBuf),
    /// Committed, drawn otherwise.
    Other(PathBuf),
    /// Committed, not drawn any more.
    Gone(PathBuf),
}

fn compare(
    committed: &BTreeMap<PathBuf, String>,
    drawn: &BTreeMap<PathBuf, String>,
) -> Vec<Change> {
    let new_or_other = drawn
        .iter()
        .filter_map(|(path, now)| match committed.get(path) {
            None => Some(Change::New(path.clone())),
            Some(then) if then != now => Some(Change::Other(path.clone())),
            Some(_) => None,
        });
    let gone = committed.keys().filter(|path| !drawn.contains_key(*path));
    new_or_other
        .chain(gone.cloned().map(Change::Gone))
        .collect()
}

impl Change {
    fn finding(&self) -> Finding {
        let bless = "`cargo author verify --only pictures --bless`";
        let (path, what) = match self {
            Self::New(path) => (path, format!("is missing; {bless} adds it")),
            Self::Other(path) => (
                path,
                format!("is not what its example draws now; look at it, then {bless}"),
            ),
            Self::Gone(path) => (path, format!("is drawn by no example; {bless} removes it")),
        };
        Finding::of_file(Path::new(FOLDER).join(path), what)
    }

    fn bless(&self, root: &Path, drawn: &BTreeMap<PathBuf, String>) -> Result<PathBuf> {
        let (Self::New(path) | Self::Other(path) | Self::Gone(path)) = self;
        let shown = Path::new(FOLDER).join(path);
        let file = root.join(&shown);
        match drawn.get(path) {
            Some(picture) => {
                fs::create_dir_all(file.parent().unwrap_or(root))?;
                fs::write(&file, picture)?;
            }
            None => fs::remove_file(&file)?,
        }
        Ok(shown)
    }
}

/// Pictures that hold none; blessed, they would leave holes in their chapters.
fn empty(drawn: &BTreeMap<PathBuf, String>) -> impl Iterator<Item = Finding> {
    let is_list = |path: &Path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    };
    let holes = drawn
        .iter()
        .filter(move |(path, text)| !is_list(path) && !text.contains("<svg"));
    holes.map(|(path, _)| {
        let what = "holds no `<svg`: its example wrote an empty picture";
        Finding::of_file(Path::new(FOLDER).join(path), what)
    })
}

fn unused<'a>(
    drawn: &'a BTreeMap<PathBuf, String>,
    chapters: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = Finding> + use<'a> {
    drawn.keys().filter_map(move |path| {
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        // What the reader moves can be shown by its own chapter alone: the directive names no lesson.
        let (used, what) = if let [lesson, name, _] = &parts[..] {
            let directive = format!("{{{{#explore {name}}}}}");
            let own = chapters.get(&**lesson);
            (
                own.is_some_and(|chapter| chapter.contains(&directive)),
                format!(
                    "is not shown by src/{lesson}.md; write `{directive}` there, or let the example not \
                     draw it"
                ),
            )
        } else {
            let shown = format!("timelines/{}", path.display());
            (
                chapters.values().any(|chapter| chapter.contains(&shown)),
                "stands in no chapter; include it, or let the example not draw it".to_owned(),
            )
        };
        (!used).then(|| Finding::of_file(Path::new(FOLDER).join(path), what))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pictures: &[(&str, &str)]) -> BTreeMap<PathBuf, String> {
        let pairs = pictures.iter();
        pairs
            .map(|(path, text)| (PathBuf::from(path), (*text).to_owned()))
            .collect()
    }

    fn texts(chapters: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = chapters.iter();
        pairs
            .map(|(lesson, text)| ((*lesson).to_owned(), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn a_picture_that_the_reader_moves_is_shown_by_its_own_chapter() {
        let drawn = set(&[("a/x/1.html", ""), ("a/x/runs.json", "")]);
        let directive = "{{#explore x}}\nWhen?\n";
        let found = |lesson| {
            let chapters = texts(&[("a", ""), ("b", ""), (lesson, directive)]);
            let found = unused(&drawn, &chapters).map(|finding| finding.to_string());
            found.collect::<Vec<_>>()
        };
        assert!(found("a").is_empty());
        let elsewhere = found("b");
        assert_eq!(elsewhere.len(), 2);
        assert!(
            elsewhere[0].starts_with(
                "src/timelines/a/x/1.html: is not shown by src/a.md; write `{{#explore x}}` there"
            ),
            "{elsewhere:?}"
        );
    }

    #[test]
    fn new_other_and_gone_pictures_are_told_apart() {
        let committed = set(&[
            ("a/same.svg", "1"),
            ("a/other.svg", "1"),
            ("a/gone.svg", "1"),
        ]);
        let drawn = set(&[
            ("a/same.svg", "1"),
            ("a/other.svg", "2"),
            ("a/new.svg", "1"),
        ]);
        assert_eq!(
            compare(&committed, &drawn),
            [
                Change::New("a/new.svg".into()),
                Change::Other("a/other.svg".into()),
                Change::Gone("a/gone.svg".into()),
            ]
        );
    }

    #[test]
    fn blessing_takes_the_pictures_as_they_are_drawn_now() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let gone = root.path().join(FOLDER).join("a/gone.svg");
        fs::create_dir_all(gone.parent().expect("has one")).expect("made");
        fs::write(&gone, "1").expect("written");
        let drawn = set(&[("a/new.svg", "2")]);
        let committed = pictures(&root.path().join(FOLDER)).expect("readable");
        for change in compare(&committed, &drawn) {
            change.bless(root.path(), &drawn).expect("written");
        }
        assert_eq!(
            pictures(&root.path().join(FOLDER)).expect("readable"),
            drawn
        );
    }

    #[test]
    fn an_empty_picture_is_found() {
        let drawn = set(&[
            ("a/x.svg", "<figure><svg></svg></figure>"),
            ("a/y.svg", "\n"),
        ]);
        let found: Vec<_> = empty(&drawn).map(|finding| finding.to_string()).collect();
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("src/timelines/a/y.svg: holds no `<svg`"),
            "{found:?}"
        );
    }

    #[test]
    fn a_picture_that_no_chapter_shows_is_found() {
        let drawn = set(&[("a/x.svg", ""), ("a/y.svg", "")]);
        let chapters = texts(&[("b", "{{#include timelines/a/x.svg}}")]);
        let found: Vec<_> = unused(&drawn, &chapters).collect();
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .to_string()
                .starts_with("src/timelines/a/y.svg: stands in no chapter")
        );
    }
}
