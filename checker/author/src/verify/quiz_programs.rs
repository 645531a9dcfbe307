//! The programs of the quizzes: each does what its question counts as right.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use checker::course::{Course, Finding, Slug};
use checker::process::{End, Ran};
use checker::quiz::{self, Answer, Kind, Outcome, Question};
use checker::workshop::{Diagnostic, Workshop, run};
use rayon::prelude::*;

use super::Report;
use super::programs::{self, Program, Wanted};

/// How long a program may run. Its question promises that it ends.
const LIMIT: Duration = Duration::from_secs(10);

/// A question that shows a program.
struct Traced {
    path: PathBuf,
    name: String,
    question: Question,
}

pub(super) fn check(course: &Course, workshop: &Workshop) -> Result<Report> {
    let (traced, mut findings) = gather(course);
    let batch: Vec<_> = traced.iter().filter_map(Traced::program).collect();
    let built = programs::build(workshop, "quiz_programs", &batch)?;
    let found = traced
        .par_iter()
        .map(|traced| {
            let target = built
                .target(&traced.name)
                .with_context(|| format!("cargo said nothing of {}", traced.name))?;
            let what = match &target.executable {
                None => judge_errors(&traced.question, &target.errors),
                Some(executable) => {
                    let mut command = Command::new(executable);
                    command.env("RUST_BACKTRACE", "0");
                    judge_run(&traced.question, &run(command, LIMIT)?)
                }
            };
            Ok(what.map(|what| Finding::on_line(&traced.path, traced.question.line, what)))
        })
        .collect::<Result<Vec<_>>>()?;
    findings.extend(found.into_iter().flatten());
    Ok(Report::on(traced.len(), "program", findings))
}

fn gather(course: &Course) -> (Vec<Traced>, Vec<Finding>) {
    let mut traced = Vec::new();
    let mut findings = Vec::new();
    for (slug, path) in quizzes(course) {
        let shown = path.strip_prefix(course.root()).unwrap_or(&path).to_owned();
        match quiz::load(&path) {
            Ok(quiz) => {
                let programs = quiz.questions.into_iter().enumerate().filter(is_program);
                traced.extend(programs.map(|(index, question)| Traced {
                    path: shown.clone(),
                    name: format!("{slug}-{index}"),
                    question,
                }));
            }
            Err(error) => findings.push(Finding::on_line(&shown, error.line, error.what)),
        }
    }
    (traced, findings)
}

/// All lessons' quiz files that are there.
pub(super) fn quizzes(course: &Course) -> impl Iterator<Item = (&Slug, PathBuf)> {
    course
        .lessons()
        .map(|lesson| (&lesson.slug, course.quiz_path(&lesson.slug)))
        .filter(|(_, path)| Path::is_file(path))
}

fn is_program((_, question): &(usize, Question)) -> bool {
    matches!(question.kind, Kind::Tracing { .. })
}

impl Traced {
    fn program(&self) -> Option<Program> {
        let Kind::Tracing { program, .. } = &self.question.kind else {
            return None;
        };
        Some(Program {
            name: self.name.clone(),
            text: program.clone(),
            wanted: Wanted::Executable,
        })
    }
}

fn judge_errors(question: &Question, errors: &[Diagnostic]) -> Option<String> {
    let Kind::Tracing { outcome, .. } = &question.kind else {
        return None;
    };
    let said: Vec<_> = errors
        .iter()
        .map(|error| {
            let line = error.place.as_ref().map_or(0, |(_, line)| *line);
            (line, format!("line {line}: {}", error.headline()))
        })
        .collect();
    let all = || {
        said.iter()
            .map(|(_, said)| said.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    };
    let id = &question.id;
    match outcome {
        Outcome::Prints(_) => Some(format!(
            "the program of `{id}` does not compile:\n{}",
            all()
        )),
        Outcome::FailsToCompile { line } if said.iter().any(|(at, _)| at != line) => Some(format!(
            "the program of `{id}` should have its only error on line {line}:\n{}",
            all()
        )),
        Outcome::FailsToCompile { .. } => None,
    }
}

fn judge_run(question: &Question, ran: &Ran) -> Option<String> {
    let Kind::Tracing { outcome, .. } = &question.kind else {
        return None;
    };
    let id = &question.id;
    let Outcome::Prints(expected) = outcome else {
        return Some(format!(
            "the program of `{id}` compiles, but its answer names the line of an error"
        ));
    };
    match ran.end {
        End::OutOfTime => {
            return Some(format!(
                "the program of `{id}` did not end in {} s",
                LIMIT.as_secs()
            ));
        }
        End::TooMuchOutput => return Some(format!("`{id}` prints without end", id = question.id)),
        End::Signalled(signal) => {
            return Some(format!(
                "the program of `{id}` was ended by signal {signal}"
            ));
        }
        End::Exited(0) => {}
        End::Exited(code) => {
            return Some(format!(
                "the program of `{id}` ends with exit code {code}; a traced program ends well\n{}",
                ran.stderr.trim()
            ));
        }
    }
    // Graded as a learner's answer would be, so that both mean the same by "prints".
    let printed = Answer::Prints {
        stdout: ran.stdout.clone(),
    };
    let right = quiz::grade_one(question, &printed).is_ok_and(|graded| graded.correct);
    (!right).then(|| {
        format!(
            "the program of `{id}` prints something else than its answer says\nanswer: {:?}\n\
             prints: {:?}",
            expected.trim(),
            ran.stdout.trim()
        )
    })
}

#[cfg(test)]
mod tests {
    use checker::quiz::QuestionId;

    use super::*;

    fn question(outcome: Outcome) -> Question {
        Question {
            id: QuestionId("q".into()),
            kind: Kind::Tracing {
                program: String::new(),
                outcome,
                feedback: String::new(),
            },
            context: String::new(),
            line: 1,
        }
    }

    fn ran(end: End, stdout: &str) -> Ran {
        Ran {
            end,
            stdout: stdout.into(),
            stderr: String::new(),
        }
    }

    fn error(line: usize) -> Diagnostic {
        Diagnostic {
            code: Some("E0382".into()),
            message: "use of moved value".into(),
            place: Some(("x.rs".into(), line)),
            rendered: String::new(),
        }
    }

    #[test]
    fn what_a_program_prints_is_graded_like_an_answer() {
        let prints = question(Outcome::Prints("1\n2".into()));
        assert_eq!(judge_run(&prints, &ran(End::Exited(0), "1 \n2\n")), None);
        let said = judge_run(&prints, &ran(End::Exited(0), "2\n1\n")).expect("wrong");
        assert!(
            said.ends_with("answer: \"1\\n2\"\nprints: \"2\\n1\""),
            "{said}"
        );
    }

    #[test]
    fn a_program_that_hangs_or_panics_is_found() {
        let prints = question(Outcome::Prints("1".into()));
        for (end, says) in [
            (End::OutOfTime, "did not end in 10 s"),
            (End::Exited(101), "exit code 101"),
            (End::Signalled(6), "signal 6"),
        ] {
            let said = judge_run(&prints, &ran(end, "1")).expect("found");
            assert!(said.contains(says), "{said}");
        }
    }

    #[test]
    fn the_only_error_is_on_the_line_that_the_answer_names() {
        let fails = question(Outcome::FailsToCompile { line: 3 });
        assert_eq!(judge_errors(&fails, &[error(3)]), None);
        let said = judge_errors(&fails, &[error(3), error(5)]).expect("two");
        assert!(said.contains("line 5: E0382, use of moved value"), "{said}");
        assert!(judge_run(&fails, &ran(End::Exited(0), "")).is_some());
        let prints = question(Outcome::Prints(String::new()));
        assert!(judge_errors(&prints, &[error(3)]).is_some());
    }
}
