//! `docs/grade.sh`, on learners who try to steer it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use checker::quiz;
use serde_json::Value;

use crate::fixture::Fixture;

/// A trainer's course, and beside it a learner's repository.
struct Class {
    course: Fixture,
    learner: tempfile::TempDir,
    report: tempfile::TempDir,
}

impl Class {
    fn new() -> Self {
        let course = Fixture::new();
        for lesson in ["answers", "channels"] {
            let stub = fs::read_to_string(course.path(&format!("exercises/src/{lesson}.rs")));
            course.write(
                &format!("checker/stubs/{lesson}.rs"),
                &stub.expect("a stub"),
            );
        }
        // The trainer has solved it, and that must count for no learner.
        course.solve("42");
        // The checker of this course is the one that is tested here.
        course.write(
            "checker/Cargo.toml",
            "[package]\nname = \"checker\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        );
        course.write(
            "checker/src/main.rs",
            &format!(
                "use std::os::unix::process::CommandExt as _;\n\
                 fn main() {{\n    \
                     let error = std::process::Command::new({:?}).args(std::env::args_os().skip(1)).exec();\n    \
                     panic!(\"{{error}}\");\n\
                 }}\n",
                env!("CARGO_BIN_EXE_checker")
            ),
        );
        course.replace(
            "Cargo.toml",
            "[\"exercises\"]",
            "[\"checker\", \"exercises\"]",
        );
        let class = Self {
            course,
            learner: tempfile::tempdir().expect("a folder"),
            report: tempfile::tempdir().expect("a folder"),
        };
        class.hands_in(
            "exercises/src/lib.rs",
            "pub mod answers;\npub mod channels;\n",
        );
        class.hands_in("exercises/src/channels.rs", "");
        class
    }

    /// Puts a file into the learner's repository.
    fn hands_in(&self, name: &str, text: &str) {
        let path = self.learner.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn marker(&self) -> PathBuf {
        self.learner.path().join("steered")
    }

    /// What would take effect if cargo looked for its settings in the repository.
    fn tries_to_steer(&self) {
        let marker = self.marker();
        let marker = marker.display();
        self.hands_in("fake.sh", &format!("#!/bin/sh\ntouch {marker}\nexit 0\n"));
        let path = self.learner.path().join("fake.sh");
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&path, executable).expect("allowed");
        let fake = path.display();
        self.hands_in(
            ".cargo/config.toml",
            &format!(
                "[build]\nrustc-wrapper = \"{fake}\"\n[target.'cfg(all())']\nrunner = \"{fake}\"\n\
                 [alias]\nchecker = \"version\"\n"
            ),
        );
        self.hands_in(
            "rust-toolchain.toml",
            "[toolchain]\nchannel = \"no-such-one\"\n",
        );
        self.hands_in(
            "exercises/Cargo.toml",
            "[package]\nname = \"exercises\"\nversion = \"0.1.0\"\nbuild = \"build.rs\"\n",
        );
        let build = format!("fn main() {{ std::fs::write(\"{marker}\", \"\").unwrap(); }}");
        self.hands_in("exercises/build.rs", &build);
        self.hands_in("build.rs", &build);
        self.hands_in("exercises/tests/answers.rs", "#[test]\nfn fine() {}\n");
        self.hands_in("quiz/answers.toml", "");
        self.hands_in("book.toml", "");
    }

    fn graded(&self) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/grade.sh");
        Command::new(script)
            .arg(self.learner.path())
            .arg(self.course.path(""))
            .arg(self.report.path())
            // As a step of a workflow begins.
            .current_dir(self.learner.path().parent().expect("a folder"))
            .env("LC_ALL", "C")
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("RUSTFLAGS")
            .env_remove("RUSTUP_TOOLCHAIN")
            .output()
            .expect("bash")
    }

    #[track_caller]
    fn report(&self) -> Value {
        let graded = self.graded();
        let err = String::from_utf8_lossy(&graded.stderr);
        assert!(graded.status.success(), "{err}");
        let path = self.report.path().join("report.json");
        serde_json::from_str(&fs::read_to_string(path).expect("a report")).expect("JSON")
    }
}

const WRONG: &str = "pub fn answer() -> u32 { 41 }\npub fn extra() -> u32 { 42 }\n";

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn nothing_but_a_learners_sources_takes_effect() {
    let class = Class::new();
    class.hands_in("exercises/src/answers.rs", WRONG);
    class.tries_to_steer();
    let report = class.report();
    let answers = &report["lessons"][0];
    assert_eq!(answers["exercise"]["verdict"], "failed", "{report:#}");
    let first = &answers["exercise"]["tests"][0];
    assert_eq!(first["sentence"], "the answer is 42, but 41 came back");
    assert!(!class.marker().exists(), "something of the learner's ran");
    // With a module of its own the solution counts.
    class.hands_in(
        "exercises/src/answers.rs",
        "mod parts;\npub fn answer() -> u32 { parts::six() * 7 }\npub fn extra() -> u32 { 42 }\n",
    );
    class.hands_in(
        "exercises/src/answers/parts.rs",
        "pub fn six() -> u32 { 6 }\n",
    );
    let report = class.report();
    assert_eq!(
        report["lessons"][0]["exercise"]["verdict"], "passed",
        "{report:#}"
    );
    assert!(!class.marker().exists(), "something of the learner's ran");
    for name in ["report.md", "junit.xml"] {
        assert!(class.report.path().join(name).is_file(), "{name}");
    }
}

#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn a_bad_receipt_is_named_and_the_good_one_counts() {
    let class = Class::new();
    class.hands_in("exercises/src/answers.rs", WRONG);
    let quiz = quiz::load(&class.course.path("quiz/answers.toml")).expect("a quiz");
    let kept = |index: usize, answer: &str| {
        let question = &quiz.questions[index];
        let (id, version) = (&question.id, question.version());
        format!(r#""{id}":{{"version":"{version}","first":{answer},"answer":{answer}}}"#)
    };
    let receipt = format!(
        r#"{{"receipt":1,"lesson":"answers","kept":{{{},{}}}}}"#,
        kept(0, "\"the caller\""),
        kept(1, r#"{"stdout":""}"#)
    );
    class.hands_in("receipts/good.json", &receipt);
    class.hands_in("receipts/torn.json", &receipt[..receipt.len() / 2]);
    let secret = class.report.path().join("secret");
    fs::write(&secret, "a word of the machine that judges").expect("written");
    symlink(&secret, class.learner.path().join("receipts/link.json")).expect("linked");
    let report = class.report();
    assert_eq!(report["summary"]["quizzes_passed"], 1, "{report:#}");
    let refused = report["refused_receipts"].as_array().expect("a list");
    assert_eq!(refused.len(), 1, "{report:#}");
    let named = refused[0]["receipt"].as_str().expect("a text");
    assert!(named.ends_with("receipts/torn.json"), "{named}");
}

#[test]
fn a_course_inside_the_learners_repository_is_refused() {
    let class = Class::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/grade.sh");
    let inside = class.learner.path().join("course");
    fs::create_dir(&inside).expect("made");
    for [learner, course, report] in [
        [class.learner.path(), &inside, class.report.path()],
        [class.learner.path(), &class.course.path(""), &inside],
    ] {
        let mut command = Command::new(&script);
        let output = command
            .args([learner, course, report])
            .output()
            .expect("bash");
        assert_eq!(output.status.code(), Some(2));
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(err.contains("must lie side by side"), "{err}");
    }
}

#[test]
fn the_workflow_runs_the_script_that_is_tested_here() {
    let workflow = include_str!("../../../docs/grade.yml");
    assert!(workflow.contains("course/docs/grade.sh learner course report"));
    for folder in ["learner", "course"] {
        let checkout = format!("path: {folder}\n          persist-credentials: false");
        assert!(workflow.contains(&checkout), "{folder}");
    }
    assert!(
        !workflow.contains("cache@"),
        "what is cached outlives a learner's run"
    );
}
