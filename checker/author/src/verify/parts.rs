//! Every lesson has all its parts, nothing is left over, and the lists that Rust demands agree with
//! `SUMMARY.md`.

mod leftovers;
mod lists;
mod stretch;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use checker::book::Ship;
use checker::course::{Course, ExerciseKind, Finding, Lesson, Minutes};
use checker::quiz::{self, Kind};
use checker::workshop::Mode;

use super::Report;

/// What a lesson needs at least.
const RIGHT_SOLUTIONS: usize = 2;
const WRONG_SOLUTIONS: usize = 1;
const QUESTIONS: usize = 5;
const PROGRAMS: usize = 2;

pub(super) fn check(course: &Course, mode: Mode) -> Result<Report> {
    let mut findings = Vec::new();
    let mut blessed = Vec::new();
    for lesson in course.lessons() {
        if mode == Mode::Bless && lesson.exercise == ExerciseKind::Program {
            blessed.extend(bless_stub(course, lesson)?);
        }
        findings.extend(of_lesson(course, lesson, mode)?);
    }
    findings.extend(leftovers::find(course)?);
    findings.extend(lists::compare(course));
    Ok(Report {
        blessed,
        ..Report::on(course.lessons().count(), "lesson", findings)
    })
}

fn of_lesson(course: &Course, lesson: &Lesson, mode: Mode) -> Result<Vec<Finding>> {
    let slug = &lesson.slug;
    let mut parts = vec![
        (course.chapter_path(slug), "the chapter"),
        (course.quiz_path(slug), "the quiz"),
    ];
    if lesson.exercise == ExerciseKind::Program {
        parts.extend([
            (course.worked_example_path(slug), "the worked example"),
            (course.exercise_path(slug), "the exercise"),
            (course.tests_path(slug), "the exercise's tests"),
            (
                course.stub_path(slug),
                "the exercise as shipped; `--bless` copies it",
            ),
            (course.solution_path(slug), "the solution"),
        ]);
    }
    let missing = parts.into_iter().filter(|(path, _)| !path.is_file());
    let mut findings: Vec<_> = missing
        .map(|(path, part)| {
            Finding::of_file(
                shown(course, &path),
                format!("is missing: {part} of `{slug}`"),
            )
        })
        .collect();
    if lesson.exercise == ExerciseKind::Program {
        let right = course.right_solutions_path(slug);
        findings.extend(too_few(course, &right, RIGHT_SOLUTIONS, "right solution")?);
        let wrong = course.wrong_solutions_path(slug);
        findings.extend(too_few(course, &wrong, WRONG_SOLUTIONS, "wrong solution")?);
        findings.extend(changed_stub(course, lesson, mode)?);
        let stub = course.stub_path(slug);
        if let Ok(text) = fs::read_to_string(&stub) {
            findings.extend(stretch::disagreement(&shown(course, &stub), &text));
        }
    }
    findings.extend(without_minutes(course, lesson));
    findings.extend(unshown_or_untested_ship(course, lesson));
    findings.extend(thin_quiz(course, lesson));
    Ok(findings)
}

fn too_few(course: &Course, folder: &Path, least: usize, what: &str) -> Result<Option<Finding>> {
    let there = if folder.is_dir() {
        rust_files(folder)?
    } else {
        0
    };
    let short = there < least;
    Ok(short.then(|| {
        let plural = if least == 1 { "" } else { "s" };
        let words = format!("holds {there} of at least {least} {what}{plural}");
        Finding::of_file(shown(course, folder), words)
    }))
}

fn rust_files(folder: &Path) -> Result<usize> {
    let mut count = 0;
    for entry in fs::read_dir(folder)? {
        count += usize::from(
            entry?
                .path()
                .extension()
                .is_some_and(|extension| extension == "rs"),
        );
    }
    Ok(count)
}

/// Whether the exercise and its copy as shipped differ. Only a clean copy of the course can tell:
/// elsewhere the exercise may hold a learner's work.
fn changed_stub(course: &Course, lesson: &Lesson, mode: Mode) -> Result<Option<Finding>> {
    let (exercise, stub) = (
        course.exercise_path(&lesson.slug),
        course.stub_path(&lesson.slug),
    );
    if mode != Mode::AsShipped || !exercise.is_file() || !stub.is_file() {
        return Ok(None);
    }
    let differ = fs::read(&exercise)? != fs::read(&stub)?;
    Ok(differ.then(|| {
        let what = format!(
            "is not equal to {}; `cargo author verify --only parts --bless` copies the exercise",
            shown(course, &exercise).display()
        );
        Finding::of_file(shown(course, &stub), what)
    }))
}

fn bless_stub(course: &Course, lesson: &Lesson) -> Result<Option<PathBuf>> {
    let (exercise, stub) = (
        course.exercise_path(&lesson.slug),
        course.stub_path(&lesson.slug),
    );
    let Ok(shipped) = fs::read(&exercise) else {
        return Ok(None);
    };
    if fs::read(&stub).is_ok_and(|there| there == shipped) {
        return Ok(None);
    }
    if let Some(folder) = stub.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&stub, shipped)?;
    Ok(Some(shown(course, &stub)))
}

/// Whether the chapter says at its head how long it takes: the course map shows it.
fn without_minutes(course: &Course, lesson: &Lesson) -> Option<Finding> {
    let path = course.chapter_path(&lesson.slug);
    let chapter = fs::read_to_string(&path).ok()?;
    let minutes = Minutes::of(&chapter);
    let whole = minutes
        .is_some_and(|minutes| minutes.solve.is_some() || lesson.exercise == ExerciseKind::None);
    (!whole).then(|| {
        let what = "does not say at its head how long it takes: `To read: 15 minutes. To solve: 60 to \
                    90 minutes.`";
        Finding::of_file(shown(course, &path), what)
    })
}

/// Whether the lesson's program to take to work is shown by its chapter and has tests. That a chapter's
/// directive has a program is found by the build, and by `ship`.
fn unshown_or_untested_ship(course: &Course, lesson: &Lesson) -> Vec<Finding> {
    let slug = &lesson.slug;
    let program = Ship::path(slug);
    if !course.root().join(&program).is_file() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let chapter = fs::read_to_string(course.chapter_path(slug)).unwrap_or_default();
    if !Ship::is_shown_in(&chapter, slug) {
        let what = format!(
            "is not shown by src/{slug}.md; write `{{{{#ship {slug}}}}}` there, or remove the program"
        );
        findings.push(Finding::of_file(program, what));
    }
    let tests = PathBuf::from(format!("exercises/ship/tests/{slug}.rs"));
    if !course.root().join(&tests).is_file() {
        let what = format!("is missing: the tests of the program that `{slug}` ships");
        findings.push(Finding::of_file(tests, what));
    }
    findings
}

fn thin_quiz(course: &Course, lesson: &Lesson) -> Option<Finding> {
    let path = course.quiz_path(&lesson.slug);
    if !path.is_file() {
        return None;
    }
    let shown = shown(course, &path);
    let quiz = match quiz::load(&path) {
        Ok(quiz) => quiz,
        Err(error) => return Some(Finding::on_line(shown, error.line, error.what)),
    };
    let questions = quiz.questions.len();
    let is_program = |kind: &Kind| matches!(kind, Kind::Tracing { .. });
    let programs = quiz
        .questions
        .iter()
        .filter(|question| is_program(&question.kind))
        .count();
    (questions < QUESTIONS || programs < PROGRAMS).then(|| {
        let what = format!(
            "asks {questions} questions, {programs} of them programs; a quiz asks at least \
             {QUESTIONS}, {PROGRAMS} of them programs"
        );
        Finding::of_file(shown, what)
    })
}

fn shown(course: &Course, path: &Path) -> PathBuf {
    path.strip_prefix(course.root()).unwrap_or(path).to_owned()
}
