//! The Rust fences of chapters and quizzes: each compiles, or fails with the code it names.

mod rustdoc;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use checker::course::{Course, Finding};
use checker::quiz::{self, Kind, Question};
use checker::workshop::{Target, Workshop};

use super::Report;
use super::includes::{self, is_compiled_elsewhere};
use super::markdown::{Demand, Fence, rust_fences};
use super::programs::{self, Program, Wanted};
use super::quiz_programs::quizzes;
use super::source::Source;
use rustdoc::{unhidden, wrapped};

/// What stands beside `compile_fail` for an error that the compiler gives no code, such as a future
/// that is not `Send`.
const NO_CODE: &str = "no_code";

/// A fence to compile.
#[derive(Debug)]
struct Excerpt {
    path: PathBuf,
    line: usize,
    demand: Demand,
    source: Source,
}

pub(super) fn check(course: &Course, workshop: &Workshop) -> Result<Report> {
    let mut findings = Vec::new();
    let mut excerpts = Vec::new();
    let mut count = 0;
    let mut left = 0;
    for (path, fence) in gather(course)? {
        count += 1;
        match excerpt(course, &path, &fence) {
            Ok(Compiled::Here(excerpt)) => excerpts.push(excerpt),
            Ok(Compiled::WithItsFile) => {}
            Ok(Compiled::AsAnExcerpt) => left += 1,
            Err(what) => findings.push(Finding::on_line(&path, fence.line, what)),
        }
    }
    let named = || {
        excerpts
            .iter()
            .enumerate()
            .map(|(index, excerpt)| (format!("fence-{index}"), excerpt))
    };
    let batch: Vec<_> = named()
        .map(|(name, excerpt)| Program {
            name,
            text: excerpt.source.text(),
            wanted: Wanted::Compiled,
        })
        .collect();
    let built = programs::build(workshop, "fences", &batch)?;
    for (name, excerpt) in named() {
        let target = built
            .target(&name)
            .with_context(|| format!("cargo said nothing of {name}"))?;
        findings.extend(judge(excerpt, target));
    }
    Ok(Report {
        notes: to_rewrite(left).into_iter().collect(),
        ..Report::on(count, "fence", findings)
    })
}

/// How many fences show an excerpt that a reader cannot compile.
fn to_rewrite(left: usize) -> Option<String> {
    (left > 0).then(|| {
        format!(
            "{left} fences are one excerpt of a file and no program; give them their `use` lines, and \
             what else they need with `{{{{#hidden}}}}`"
        )
    })
}

/// All Rust fences, with the file they stand in.
fn gather(course: &Course) -> Result<Vec<(PathBuf, Fence)>> {
    let mut fences = Vec::new();
    for chapter in course.chapters() {
        let path = Path::new("src").join(chapter.source());
        let file = course.root().join(&path);
        if file.is_file() {
            let text = fs::read_to_string(&file)?;
            fences.extend(
                rust_fences(&text)
                    .into_iter()
                    .map(|fence| (path.clone(), fence)),
            );
        }
    }
    // A quiz that cannot be read is a finding of `parts` and `quiz_programs`.
    for (slug, file) in quizzes(course) {
        let questions = quiz::load(&file)
            .map(|quiz| quiz.questions)
            .unwrap_or_default();
        for question in questions {
            let path = PathBuf::from(format!("quiz/{slug}.toml"));
            fences.extend(
                fences_of(&question)
                    .into_iter()
                    .map(|fence| (path.clone(), fence)),
            );
        }
    }
    Ok(fences)
}

/// The fences of a question, all on the line where it begins: TOML tells no more.
fn fences_of(question: &Question) -> Vec<Fence> {
    let mut texts = vec![&question.context];
    match &question.kind {
        Kind::MultipleChoice { prompt, choices } => {
            texts.push(prompt);
            texts.extend(
                choices
                    .iter()
                    .flat_map(|choice| [&choice.text, &choice.feedback]),
            );
        }
        Kind::ShortAnswer {
            prompt, feedback, ..
        } => texts.extend([prompt, feedback]),
        Kind::Tracing { feedback, .. } => texts.push(feedback),
    }
    let mut fences: Vec<_> = texts
        .into_iter()
        .flat_map(|text| rust_fences(text))
        .collect();
    for fence in &mut fences {
        fence.line = question.line;
        for (line, _) in &mut fence.body {
            *line = question.line;
        }
    }
    fences
}

/// Where a fence is compiled.
#[derive(Debug)]
enum Compiled {
    /// By this check, with its hidden lines.
    Here(Excerpt),
    /// It shows a whole file, which cargo builds, or which must not compile.
    WithItsFile,
    /// It shows a part of such a file, which is no program without the rest.
    AsAnExcerpt,
}

/// What has to be compiled of a fence.
fn excerpt(course: &Course, path: &Path, fence: &Fence) -> Result<Compiled, String> {
    let demand = fence.demand()?;
    let folder = path.parent().unwrap_or(path);
    let body: Vec<_> = fence
        .body
        .iter()
        .filter(|(_, line)| !line.trim().is_empty())
        .collect();
    if body.is_empty() {
        return Err("the fence is empty".to_owned());
    }
    let mut source = Source::default();
    for (number, line) in &fence.body {
        let Some(include) = includes::directive(line) else {
            if line.contains("{{#include") || line.contains("{{#rustdoc_include") {
                return Err("an include stands on a line of its own".to_owned());
            }
            source.push(unhidden(line), path, *number);
            continue;
        };
        let included = normalised(&folder.join(include.path));
        let shown = included.display();
        let text = fs::read_to_string(course.root().join(&included))
            .map_err(|error| format!("{shown}, which it includes, cannot be read: {error}"))?;
        let lines = include
            .compiled(&text)
            .map_err(|what| format!("{shown} {what}"))?;
        if body.len() == 1 {
            let alone = is_included_alone(&included, &demand)?;
            if alone {
                return Ok(if include.is_whole_file() {
                    Compiled::WithItsFile
                } else {
                    Compiled::AsAnExcerpt
                });
            }
        }
        for (number, line) in lines {
            source.push(line, &included, number);
        }
    }
    Ok(Compiled::Here(Excerpt {
        path: path.to_owned(),
        line: fence.line,
        demand,
        source: wrapped(source),
    }))
}

/// Whether a fence that is one include and nothing else needs no compiling here.
fn is_included_alone(included: &Path, demand: &Demand) -> Result<bool, String> {
    let fails = included.starts_with("exercises/worked/does_not_compile");
    match demand {
        Demand::FailsWith(_) => Ok(fails),
        Demand::Compiles if fails => Err(format!(
            "{} does not compile; mark the fence `compile_fail` with the error's code",
            included.display()
        )),
        Demand::Compiles => Ok(is_compiled_elsewhere(included)),
    }
}

/// A path without `..`, which need not exist.
fn normalised(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                parts.pop();
            }
            std::path::Component::CurDir => {}
            part => parts.push(part),
        }
    }
    parts
}

fn judge(excerpt: &Excerpt, target: &Target) -> Option<Finding> {
    let first = target.errors.first();
    match (&excerpt.demand, first) {
        (Demand::Compiles, None) => None,
        (Demand::Compiles, Some(error)) => {
            let line = error.place.as_ref().map_or(0, |(_, line)| *line);
            let what = format!(
                "does not compile: {}; mend it, or mark its fence `compile_fail` with the code",
                error.headline()
            );
            Some(match excerpt.source.origin(line) {
                Some(origin) => Finding::on_line(&origin.path, origin.line, what),
                None => Finding::on_line(&excerpt.path, excerpt.line, what),
            })
        }
        (Demand::FailsWith(code), None) => Some(Finding::on_line(
            &excerpt.path,
            excerpt.line,
            format!("compiles, but should fail with {code}"),
        )),
        (Demand::FailsWith(code), Some(_)) => {
            let other = target
                .errors
                .iter()
                .find(|error| error.code.as_deref().unwrap_or(NO_CODE) != code)?;
            let what = format!(
                "should fail with {code} alone, but fails with {}",
                other.headline()
            );
            Some(Finding::on_line(&excerpt.path, excerpt.line, what))
        }
    }
}

#[cfg(test)]
mod tests {
    use checker::workshop::Diagnostic;

    use super::*;

    fn course(files: &[(&str, &str)]) -> (tempfile::TempDir, Course) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("has one")).expect("made");
            fs::write(path, text).expect("written");
        }
        let course = Course::from_summary(folder.path(), "# Summary\n\n- [A](a.md)\n");
        (folder, course.expect("a course"))
    }

    fn excerpts(files: &[(&str, &str)]) -> Vec<Result<Compiled, String>> {
        let (_folder, course) = course(files);
        let fences = gather(&course).expect("readable");
        fences
            .iter()
            .map(|(path, fence)| excerpt(&course, path, fence))
            .collect()
    }

    impl Compiled {
        fn here(self) -> Excerpt {
            match self {
                Self::Here(excerpt) => excerpt,
                other => panic!("compiled elsewhere: {other:?}"),
            }
        }
    }

    #[test]
    fn excerpts_that_are_no_programs_are_counted_for_the_author() {
        assert_eq!(to_rewrite(0), None);
        let note = to_rewrite(3).expect("said");
        assert!(note.starts_with("3 fences are one excerpt"), "{note}");
        assert!(note.ends_with("`{{#hidden}}`"), "{note}");
    }

    fn error(code: &str, line: usize) -> Target {
        Target {
            executable: None,
            errors: vec![Diagnostic {
                code: Some(code.into()),
                message: "no".into(),
                place: Some(("x.rs".into(), line)),
                rendered: String::new(),
            }],
        }
    }

    #[test]
    fn an_error_is_found_on_the_line_where_it_was_written() {
        let chapter = "# A\n\n```rust\n# use a::b;\nlet c = d;\n{{#include part.rs:x}}\n```\n";
        let part = "// ANCHOR: x\nlet e = f;\n// ANCHOR_END: x\n";
        let excerpt = excerpts(&[("src/a.md", chapter), ("src/part.rs", part)])
            .remove(0)
            .expect("no finding")
            .here();
        assert_eq!(
            excerpt.source.text(),
            "fn main() {\nuse a::b;\nlet c = d;\nlet e = f;\n}\n"
        );
        let at = |line| {
            judge(&excerpt, &error("E0425", line))
                .expect("found")
                .to_string()
        };
        assert!(
            at(3).starts_with("src/a.md:5: does not compile: E0425, no"),
            "{}",
            at(3)
        );
        assert!(at(4).starts_with("src/part.rs:2: "), "{}", at(4));
        assert!(at(1).starts_with("src/a.md:3: "), "{}", at(1));
        assert_eq!(judge(&excerpt, &Target::default()), None);
    }

    #[test]
    fn a_whole_include_of_what_cargo_builds_is_not_compiled_again() {
        let chapter = "```rust\n{{#include ../exercises/worked/examples/a.rs:x}}\n```\n\n\
                       ```rust\n{{#include ../exercises/worked/examples/a.rs:y}}\n```\n\n\
                       ```rust\n{{#include ../exercises/worked/examples/b.rs}}\n```\n";
        let example = "// ANCHOR: x\nfn main() {}\n// ANCHOR_END: x\n";
        let found = excerpts(&[
            ("src/a.md", chapter),
            ("exercises/worked/examples/a.rs", example),
        ]);
        assert!(matches!(found[0], Ok(Compiled::AsAnExcerpt)));
        let missing = "exercises/worked/examples/a.rs has no `ANCHOR: y`";
        assert_eq!(found[1].as_ref().expect_err("no anchor"), missing);
        assert!(
            found[2]
                .as_ref()
                .expect_err("no file")
                .contains("b.rs, which it includes")
        );
    }

    #[test]
    fn a_shown_mistake_is_marked_as_one() {
        let include = "{{#include ../exercises/worked/does_not_compile/a/x.rs}}\n```\n\n";
        let chapter = format!("```rust\n{include}```rust,compile_fail,E0277\n{include}");
        let file = ("exercises/worked/does_not_compile/a/x.rs", "fn main() {}");
        let found = excerpts(&[("src/a.md", &chapter), file]);
        assert!(
            found[0]
                .as_ref()
                .expect_err("unmarked")
                .contains("mark the fence")
        );
        assert!(matches!(found[1], Ok(Compiled::WithItsFile)));
    }

    #[test]
    fn the_code_of_a_failure_is_compared() {
        let chapter = "```rust,compile_fail,E0382\nlet a = b;\n```\n";
        let excerpt = excerpts(&[("src/a.md", chapter)])
            .remove(0)
            .expect("no finding")
            .here();
        assert_eq!(judge(&excerpt, &error("E0382", 2)), None);
        let other = judge(&excerpt, &error("E0425", 2))
            .expect("found")
            .to_string();
        assert!(
            other.contains("should fail with E0382 alone, but fails with E0425"),
            "{other}"
        );
        assert!(judge(&excerpt, &Target::default()).is_some());
    }

    #[test]
    fn a_failure_without_a_code_is_marked_as_one() {
        let chapter = "```rust,compile_fail,no_code\nlet a = b;\n```\n";
        let excerpt = excerpts(&[("src/a.md", chapter)])
            .remove(0)
            .expect("no finding")
            .here();
        let mut uncoded = error("E0425", 2);
        assert!(judge(&excerpt, &uncoded).is_some());
        uncoded.errors[0].code = None;
        assert_eq!(judge(&excerpt, &uncoded), None);
    }
}
