//! Checks exercises as they are saved, for their pages and in a line for the terminal.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use record::timeline::Timeline;

use super::GLANCE;
use crate::book::server::{Live, Shared};
use crate::commands::check::{Notes, check};
use crate::course::{Course, ExerciseKind, Slug};
use crate::files::{Stamps, Watched};
use crate::process::{self, Stopper};
use crate::progress::Fingerprints;
use crate::report::{self, Checked, Comparison, OnPage, Terminal};
use crate::run::{self, Options, RunError};

/// Watches the exercises, until Ctrl-C.
pub(super) struct Saves {
    root: PathBuf,
    shared: Arc<Shared>,
    watched: Watched,
    seen: Stamps,
    /// The exercises' files as they were then.
    files: BTreeMap<Slug, Fingerprints>,
    /// Whose verdicts the pages show.
    shown: BTreeSet<Slug>,
    /// Saved, and not checked since.
    due: BTreeSet<Slug>,
    running: Option<Running>,
    /// On its way to be shown below a run that failed.
    reference: Option<Reference>,
}

/// The reference's run of a test, in a thread of its own.
struct Reference {
    lesson: Slug,
    shown: OnPage,
    comparison: Comparison,
    stopper: Stopper,
    thread: JoinHandle<io::Result<Option<Timeline>>>,
}

/// A run of some lessons' tests, in a thread of its own.
struct Running {
    lessons: BTreeSet<Slug>,
    stopper: Stopper,
    thread: JoinHandle<Result<Came, RunError>>,
}

/// The verdicts, and the first error that came of writing them down.
type Came = (Vec<Checked>, Option<anyhow::Error>);

impl Saves {
    pub(super) fn start(course: &Course, shared: Arc<Shared>) -> io::Result<Watching> {
        let exercises = course.root().join("exercises");
        let manifests = [
            course.root().join("Cargo.toml"),
            exercises.join("Cargo.toml"),
        ];
        let mut paths = vec![exercises.join("src"), exercises.join("tests")];
        paths.extend(manifests);
        let watched = Watched::new(paths);
        let mut saves = Self {
            root: course.root().to_owned(),
            shared,
            seen: watched.stamps(),
            watched,
            files: files(course),
            shown: BTreeSet::new(),
            due: BTreeSet::new(),
            running: None,
            reference: None,
        };
        let watch = move || {
            while !process::interrupted() {
                saves.step();
                thread::sleep(GLANCE);
            }
            if let Some(running) = saves.running.take() {
                // Ctrl-C has stopped it; its test programs must be gone before we are.
                let _ = running.thread.join();
            }
            saves.drop_reference();
        };
        thread::Builder::new()
            .name("saves".to_owned())
            .spawn(watch)
            .map(Watching)
    }

    fn step(&mut self) {
        if self.see_saved() {
            if let Some(running) = &self.running {
                running.stopper.stop();
            }
            self.drop_reference();
        }
        if let Some(ended) = self
            .reference
            .take_if(|reference| reference.thread.is_finished())
        {
            self.compare(ended);
        }
        if let Some(ended) = self.running.take_if(|running| running.thread.is_finished()) {
            self.collect(ended);
        }
        if self.running.is_none() && !self.due.is_empty() {
            self.run();
        }
    }

    /// Whether a file that a lesson is built from was saved since the last look.
    fn see_saved(&mut self) -> bool {
        let now = self.watched.stamps();
        if now == self.seen {
            return false;
        }
        let now = self.watched.settled(now);
        // `SUMMARY.md` may list another lesson by now.
        let Ok(course) = Course::find(&self.root) else {
            return false;
        };
        let files = files(&course);
        let mut saved = BTreeSet::new();
        for path in now.changed_since(&self.seen) {
            saved.extend(course.lesson_of(path).map(|lesson| lesson.slug.clone()));
            if path.file_name().is_some_and(|name| name == "Cargo.toml") {
                saved.extend(self.shown.iter().cloned());
            }
        }
        // A module that several lessons use.
        let changed = files.iter().filter(|(slug, now)| {
            let before = self.files.get(*slug);
            before
                .is_some_and(|before| (&before.source, &before.tests) != (&now.source, &now.tests))
        });
        saved.extend(changed.map(|(slug, _)| slug.clone()));
        let any = !saved.is_empty();
        self.due.extend(saved);
        self.seen = now;
        self.files = files;
        any
    }

    fn run(&mut self) {
        let lessons = std::mem::take(&mut self.due);
        for lesson in &lessons {
            self.shared.exercise(lesson.clone(), Live::Checking);
        }
        let stopper = Stopper::default();
        let options = Options {
            limit: run::TIME_LIMIT,
            colour: false,
            stop: stopper.handle(),
        };
        let (root, slugs) = (
            self.root.clone(),
            lessons.iter().cloned().collect::<Vec<_>>(),
        );
        let thread = thread::spawn(move || match Course::find(&root) {
            Ok(course) => check(&course, &slugs, &options, &Notes),
            Err(error) => Err(RunError::Io(io::Error::other(error))),
        });
        self.running = Some(Running {
            lessons,
            stopper,
            thread,
        });
    }

    fn collect(&mut self, ended: Running) {
        let came = ended.thread.join().expect("checking does not panic");
        let checked = match came {
            Ok((checked, failed)) => {
                if let Some(error) = failed {
                    eprintln!("error: {error:#}");
                }
                checked
            }
            // Another save came in between: all of them are due again.
            Err(RunError::Interrupted) => {
                self.due.extend(ended.lessons);
                return;
            }
            Err(error) => {
                let why = format!("{:#}", anyhow::Error::from(error));
                let failed = |lesson| Checked {
                    lesson,
                    came_to: Err(why.clone()),
                };
                ended.lessons.into_iter().map(failed).collect()
            }
        };
        for checked in checked {
            println!("{}", report::check_line(&checked, &Terminal::stdout()));
            let shown = report::on_page(&checked);
            if self.reference.is_none()
                && let Some(comparison) = Comparison::of(&checked)
            {
                self.run_reference(&checked.lesson, shown.clone(), comparison);
            }
            self.shown.insert(checked.lesson.clone());
            self.shared.exercise(checked.lesson, Live::Checked(shown));
        }
    }

    fn run_reference(&mut self, lesson: &Slug, shown: OnPage, comparison: Comparison) {
        let stopper = Stopper::default();
        let (root, record, stop) = (
            self.root.clone(),
            comparison.record.clone(),
            stopper.handle(),
        );
        let thread = thread::spawn(move || {
            let course = Course::find(&root).map_err(io::Error::other)?;
            run::reference::run_of(&course, &record, &stop)
        });
        self.reference = Some(Reference {
            lesson: lesson.clone(),
            shown,
            comparison,
            stopper,
            thread,
        });
    }

    /// The verdict is shown already; without a run to compare it with, it stays as it is.
    fn compare(&self, ended: Reference) {
        let Reference {
            lesson,
            mut shown,
            comparison,
            thread,
            ..
        } = ended;
        if let Ok(Ok(Some(timeline))) = thread.join() {
            comparison.add(&timeline, &mut shown);
            self.shared.exercise(lesson, Live::Checked(shown));
        }
    }

    /// Another save makes the comparison stale, and its cargo would hold the lock.
    fn drop_reference(&mut self) {
        if let Some(reference) = self.reference.take() {
            reference.stopper.stop();
            let _ = reference.thread.join();
        }
    }
}

fn files(course: &Course) -> BTreeMap<Slug, Fingerprints> {
    let lessons = course
        .lessons()
        .filter(|lesson| lesson.exercise == ExerciseKind::Program);
    let slugs = lessons.map(|lesson| lesson.slug.clone());
    slugs
        .map(|slug| (slug.clone(), Fingerprints::read(course, &slug)))
        .collect()
}

/// The thread that watches.
pub(super) struct Watching(JoinHandle<()>);

impl Watching {
    /// Waits for its end, which Ctrl-C brings about.
    pub(super) fn join(self) {
        let _ = self.0.join();
    }
}
