use std::os::unix::fs::symlink;

use super::*;

struct Scratch {
    course: Course,
    folder: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let summary = "# Summary\n- [A](a.md)\n- [B](b.md)\n";
        let course = Course::from_summary(&folder.path().join("course"), summary);
        let scratch = Self {
            course: course.expect("a course"),
            folder,
        };
        for (path, text) in [
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\n    \"checker\",\n    \"solutions\",\n]\n",
            ),
            (
                ".cargo/config.toml",
                "[alias]\nauthor = \"run -p author --\"\n",
            ),
            ("src/a.md", "# A\n"),
            ("quiz/a.toml", "x"),
            (
                "checker/Cargo.toml",
                "[package]\n\n[[bench]]\nname = \"b\"\n",
            ),
            ("checker/author/Cargo.toml", ""),
            ("checker/stubs/a.rs", "// shipped\n"),
            ("checker/stubs/b.rs", "// shipped\n"),
            ("exercises/src/a.rs", "// the trainer's\n"),
            ("exercises/src/b.rs", "// shipped\n"),
            ("exercises/src/lib.rs", "pub mod a;\npub mod b;\n"),
            ("exercises/tests/a.rs", "// tests\n"),
            ("exercises/tests/old.rs", "// tests\n"),
            ("solutions/src/a.rs", "// the reference\n"),
            ("marks.csv", "who,mark\n"),
        ] {
            scratch.write(&format!("course/{path}"), text);
        }
        scratch
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("it is there")
    }

    fn hand_out(&self) -> HandedOut {
        hand_out(&self.course, &self.path("copy")).expect("handed out")
    }
}

#[test]
fn solutions_and_what_is_not_the_courses_stay_behind() {
    let scratch = Scratch::new();
    scratch.hand_out();
    for name in ["solutions", "checker/author", "marks.csv"] {
        assert!(!scratch.path("copy").join(name).exists(), "{name}");
    }
    assert_eq!(scratch.text("copy/exercises/src/a.rs"), "// shipped\n");
    assert_eq!(
        scratch.text("copy/Cargo.toml"),
        "[workspace]\nmembers = [\n    \"checker\",\n]\n"
    );
    assert_eq!(scratch.text("copy/checker/Cargo.toml"), "[package]\n\n");
    assert!(
        scratch
            .text("copy/.cargo/config.toml")
            .contains("author = \"run -p checker --\"")
    );
}

#[test]
fn once_more_brings_what_is_new_and_leaves_the_learners_work_alone() {
    let scratch = Scratch::new();
    scratch.hand_out();
    let untouched = HandedOut {
        written: 0,
        removed: 0,
        kept: Vec::new(),
    };
    assert_eq!(scratch.hand_out(), untouched);
    scratch.write("copy/exercises/src/a.rs", "mod helper; // mine\n");
    scratch.write("copy/exercises/src/a/helper.rs", "// mine\n");
    scratch.write(
        "copy/exercises/src/lib.rs",
        "pub mod a;\npub mod b;\nmod util;\n",
    );
    scratch.write("copy/exercises/src/util.rs", "// mine\n");
    scratch.write("copy/.checker/progress.jsonl", "mine\n");
    for lesson in ["a", "b"] {
        let stub = format!("course/checker/stubs/{lesson}.rs");
        scratch.write(&stub, "// shipped again\n");
    }
    scratch.write(
        "course/exercises/src/lib.rs",
        "pub mod a;\npub mod b;\npub mod c;\n",
    );
    scratch.write("course/exercises/tests/a.rs", "// new tests\n");
    fs::remove_file(scratch.path("course/exercises/tests/old.rs")).expect("there");
    let again = scratch.hand_out();
    assert_eq!(again.kept, [Path::new("exercises/src/a.rs")]);
    assert_eq!(again.removed, 1);
    assert!(!scratch.path("copy/exercises/tests/old.rs").exists());
    for (name, text) in [
        ("exercises/src/a.rs", "mod helper; // mine\n"),
        ("exercises/src/a/helper.rs", "// mine\n"),
        ("exercises/src/b.rs", "// shipped again\n"),
        (
            "exercises/src/lib.rs",
            "pub mod a;\npub mod b;\nmod util;\npub mod c;\n",
        ),
        ("exercises/src/util.rs", "// mine\n"),
        ("exercises/tests/a.rs", "// new tests\n"),
        (".checker/progress.jsonl", "mine\n"),
    ] {
        assert_eq!(scratch.text(&format!("copy/{name}")), text, "{name}");
    }
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let scratch = Scratch::new();
    scratch.write("copy/thesis.tex", "years\n");
    let refused = hand_out(&scratch.course, &scratch.path("copy")).expect_err("taken");
    assert!(refused.is::<HandOutError>(), "{refused}");
    for inside in ["course", "course/target/copy"] {
        let refused = hand_out(&scratch.course, &scratch.path(inside)).expect_err("inside");
        assert!(
            refused.to_string().contains("lies in the course"),
            "{refused}"
        );
    }
    // A list that was tampered with reaches nothing else.
    for path in [
        "/etc/passwd",
        "../thesis.tex",
        "exercises/src/a.rs",
        ".checker/progress.jsonl",
    ] {
        assert!(!is_below(Path::new(path)), "{path}");
    }
}

#[test]
fn of_a_repository_only_rust_files_and_the_log_are_taken() {
    let scratch = Scratch::new();
    scratch.hand_out();
    for (name, text) in [
        ("exercises/src/a.rs", "// mine\n"),
        ("exercises/src/a/helper.rs", "// mine too\n"),
        ("exercises/src/lib.rs", "pub mod a;\nmod util;"),
        ("exercises/src/note.txt", "?"),
        ("exercises/build.rs", "fn main() {}"),
        ("exercises/Cargo.toml", "[package]\nbuild = \"build.rs\"\n"),
        ("exercises/tests/a.rs", "// no tests\n"),
        (".cargo/config.toml", "[target.x]\nrunner = \"./fake\"\n"),
        ("rust-toolchain.toml", "[toolchain]\nchannel = \"1.80\"\n"),
        (".checker/progress.jsonl", "log\n"),
        (".checker/kept/a-1.rs", ""),
    ] {
        scratch.write(&format!("learner/{name}"), text);
    }
    let link = scratch.path("learner/exercises/src/b.rs");
    symlink(scratch.path("course/solutions/src/a.rs"), link).expect("linked");
    let before = scratch.text("copy/Cargo.toml");
    let (copy, learner) = (scratch.path("copy"), scratch.path("learner"));
    let work = put_in(&copy, &learner).expect("taken");
    let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
    assert_eq!(
        work.taken,
        paths(&[
            ".checker/progress.jsonl",
            "exercises/src/a/helper.rs",
            "exercises/src/a.rs",
            "exercises/src/lib.rs",
        ])
    );
    assert_eq!(
        work.left,
        paths(&["exercises/src/b.rs", "exercises/src/note.txt"])
    );
    assert_eq!(scratch.text("copy/exercises/src/b.rs"), "// shipped\n");
    assert_eq!(scratch.text("copy/exercises/tests/a.rs"), "// tests\n");
    assert_eq!(scratch.text("copy/Cargo.toml"), before);
    assert_eq!(
        scratch.text("copy/exercises/src/lib.rs"),
        "pub mod a;\nmod util;\npub mod b;\n"
    );
    assert!(!copy.join("exercises/build.rs").exists());
    assert!(!copy.join("rust-toolchain.toml").exists());
    assert!(!scratch.text("copy/.cargo/config.toml").contains("fake"));
}

#[test]
fn sources_that_are_a_link_to_the_solutions_are_refused() {
    let scratch = Scratch::new();
    scratch.hand_out();
    fs::create_dir_all(scratch.path("learner/exercises")).expect("made");
    let link = scratch.path("learner/exercises/src");
    symlink(scratch.path("course/solutions/src"), link).expect("linked");
    let refused = put_in(&scratch.path("copy"), &scratch.path("learner")).expect_err("a link");
    assert!(refused.to_string().contains("is no folder"), "{refused}");
}
