//! The copy for learners, made of this very course.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::fixture::{Fixture, Said, checker, said};

fn course() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the course")
}

struct HandedOut {
    folder: tempfile::TempDir,
}

impl HandedOut {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let copy = Self { folder };
        let path = copy.path("");
        let arguments = ["hand-out", path.to_str().expect("a text")];
        said(&checker(course(), &arguments).output().expect("it starts"))
            .expect(0, &["is a copy without solutions"]);
        copy
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("class").join(name)
    }

    fn run(&self, arguments: &[&str]) -> Said {
        let mut command = checker(&self.path(""), arguments);
        // What the course needs from elsewhere is built there already.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
        command.env("CARGO_TARGET_DIR", target.expect("cargo's folder"));
        said(&command.output().expect("it starts"))
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO"));
        let command = command.args(arguments).current_dir(self.path(""));
        command.output().expect("cargo starts")
    }
}

/// What rustc calls this machine: packages for others need not be at hand.
fn host() -> String {
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc");
    let text = String::from_utf8(rustc.stdout).expect("text");
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names it").to_owned()
}

#[test]
fn cargo_takes_the_copy_as_it_is() {
    let copy = HandedOut::new();
    let host = host();
    let metadata = copy.cargo(&[
        "metadata",
        "--format-version=1",
        "--offline",
        "--locked",
        "--filter-platform",
        &host,
    ]);
    let err = String::from_utf8_lossy(&metadata.stderr);
    assert!(metadata.status.success(), "{err}");
    let metadata = String::from_utf8_lossy(&metadata.stdout);
    for gone in ["solutions", "scraper"] {
        let name = format!("\"name\":\"{gone}\"");
        assert!(!metadata.contains(&name), "{gone} is still asked for");
    }
}

#[test]
fn what_a_learner_needs_works_and_the_rest_says_that_it_is_not_there() {
    let copy = HandedOut::new();
    copy.run(&["status"]).expect(0, &["0 of ", "start_simple"]);
    copy.run(&["quiz", "start_simple", "--print"])
        .expect(0, &["Answer:"]);
    copy.run(&["hint", "worker_pool"])
        .expect(0, &["cargo checker hint"]);
    copy.run(&["reset", "worker_pool"])
        .expect(0, &["nothing to do"]);
    for arguments in [
        &["solution", "worker_pool", "--spoil"][..],
        &["mistakes", "worker_pool", "--spoil"],
        &["verify"],
    ] {
        copy.run(arguments)
            .expect(2, &["not part of this copy of the course"]);
    }
    for gone in ["solutions", "checker/author", ".ci", "docs/grade.sh"] {
        assert!(!copy.path(gone).exists(), "{gone}");
    }
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn an_exercise_is_judged_in_the_copy_and_its_book_is_built() {
    let copy = HandedOut::new();
    copy.run(&["check", "fork_join"])
        .expect(1, &["fork_join: not started"]);
    let reference = course().join("solutions/src/fork_join.rs");
    fs::copy(reference, copy.path("exercises/src/fork_join.rs")).expect("copied");
    let passed = copy.run(&["check", "fork_join"]);
    passed.expect(0, &["fork_join: passed", "cargo checker quiz fork_join"]);
    assert!(!passed.out.contains("checker solution"), "{}", passed.out);
    copy.run(&["build"]).expect(0, &[]);
    assert!(copy.path("book/fork_join.html").is_file());
}

#[test]
fn only_a_folder_for_it_is_taken() {
    let course = Fixture::new();
    course
        .run(&["hand-out", "target/class"])
        .expect(2, &["lies in the course"]);
    let taken = tempfile::tempdir().expect("a folder");
    fs::write(taken.path().join("thesis.tex"), "years").expect("written");
    course
        .run(&["hand-out", taken.path().to_str().expect("a text")])
        .expect(2, &["holds something that was not handed out"]);
}
