//! `verify` as an author meets it: on a small course with planted defects.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A course of one lesson, `sum`, with every part and nothing wrong. It has no dependencies but the
/// instruments, in the real course's profile, so that cargo finds them built. It lies where the test
/// called `test` had it last time.
fn course(test: &str) -> PathBuf {
    let course = shared().join(test);
    if course.exists() {
        fs::remove_dir_all(&course).expect("removed");
    }
    let instruments = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../exercises/instruments");
    let instruments = instruments.canonicalize().expect("it is there");
    let instruments = instruments.to_string_lossy();
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\"exercises\", \"exercises/worked\"]\n\
         [workspace.package]\nedition = \"2024\"\n\
         [workspace.dependencies]\ninstruments = {{ path = {instruments:?} }}\n\
         [profile.dev.package.\"*\"]\ndebug = false\ndebug-assertions = false\n\
         [profile.dev.package.loom]\nopt-level = 1\n"
    );
    let package = |name: &str| {
        format!("[package]\nname = \"{name}\"\nedition.workspace = true\n[dependencies]\n")
    };
    let exercises = package("exercises") + "[dev-dependencies]\ninstruments.workspace = true\n";
    let quiz = QUESTION.repeat(3).replace("ID", "") + TRACING;
    for (path, text) in [
        ("Cargo.toml", manifest.as_str()),
        ("book.toml", "[book]\ntitle = \"Sums\"\n"),
        ("src/SUMMARY.md", "# Summary\n\n- [Sum](sum.md)\n"),
        ("src/sum.md", CHAPTER),
        ("exercises/Cargo.toml", &exercises),
        ("exercises/src/lib.rs", "pub mod sum;\n"),
        ("exercises/src/sum.rs", STUB),
        ("exercises/tests/sum.rs", TESTS),
        (
            "exercises/all_lessons.rs",
            "#[path = \"tests/sum.rs\"]\nmod sum;\n",
        ),
        ("exercises/worked/Cargo.toml", &package("worked")),
        ("exercises/worked/src/lib.rs", ""),
        ("exercises/worked/examples/sum.rs", "fn main() {}\n"),
        ("checker/stubs/sum.rs", STUB),
        ("solutions/src/lib.rs", "pub mod sum;\n"),
        (
            "solutions/src/sum.rs",
            "pub fn sum(a: u64, b: u64) -> u64 {\n    a + b\n}\n",
        ),
        (
            "solutions/right/sum/swapped.rs",
            &right("adds the other way round.", "b + a"),
        ),
        (
            "solutions/right/sum/standard.rs",
            &right("asks an iterator.", "[a, b].iter().sum()"),
        ),
        ("solutions/wrong/sum/forgets_one.rs", WRONG),
        ("quiz/sum.toml", &numbered(&quiz)),
    ] {
        write(&course, path, text);
    }
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    fs::copy(lock, course.join("Cargo.lock")).expect("copied");
    course
}

const CHAPTER: &str = "\
# Sum
*To read: 5 minutes. To solve: 10 to 20 minutes.*
```rust
{{#include ../solutions/src/sum.rs}}
```

```rust
let three = 1 + 2;
```

```rust,compile_fail,E0308
let three: u64 = \"3\";
```
";

const STUB: &str = "pub fn sum(_a: u64, _b: u64) -> u64 {\n    todo!(\"add both\")\n}\n";

const TESTS: &str = "\
use exercises::sum::sum;

mod core {
    use super::sum;

    #[test]
    fn adds_both() {
        instruments::test(|_run| {
            let got = sum(1, 2);
            assert!(got == 3, \"1 and 2 came to {got}\");
        });
    }
}
";

const WRONG: &str = "\
//! Mistake: forgets the second number.
//! Rejected by: core::adds_both
//! Learner sees: 1 and 2 came to …

pub fn sum(a: u64, _b: u64) -> u64 {
    a
}
";

const QUESTION: &str = "
[[questions]]
id = \"question-ID\"
type = \"ShortAnswer\"
prompt.prompt = \"How much?\"
prompt.feedback = \"Count.\"
answer.answer = \"3\"
context = \"Counted.\"
";

const TRACING: &str = "
[[questions]]
id = \"question-\"
type = \"Tracing\"
prompt.program = \"fn main() { println!(\\\"{}\\\", 1 + 2); }\"
prompt.feedback = \"Add.\"
answer.doesCompile = true
answer.stdout = \"3\"
context = \"Added.\"

[[questions]]
id = \"question-\"
type = \"Tracing\"
prompt.program = \"fn main() {\\n    let a: u64 = true;\\n}\"
prompt.feedback = \"Look at the type.\"
answer.doesCompile = false
answer.lineNumber = 2
context = \"A truth is no number.\"
";

/// Gives each question an id of its own.
fn numbered(quiz: &str) -> String {
    let mut parts = quiz.split("question-\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.enumerate().fold(first, |text, (number, part)| {
        text + &format!("question-{number}\"") + part
    })
}

fn right(design: &str, body: &str) -> String {
    format!("//! Design: {design}\n\npub fn sum(a: u64, b: u64) -> u64 {{\n    {body}\n}}\n")
}

/// A change to the reference, as cargo-mutants lists it.
fn change(replacement: &str) -> String {
    format!(
        r#"{{"file": "solutions/src/sum.rs", "replacement": "{replacement}",
             "name": "solutions/src/sum.rs:2:5: replace a + b with {replacement}",
             "span": {{"start": {{"line": 2, "column": 5}}, "end": {{"line": 2, "column": 10}}}}}}"#
    )
}

fn write(course: &Path, path: &str, text: &str) {
    let path = course.join(path);
    fs::create_dir_all(path.parent().expect("it lies in the course")).expect("made");
    fs::write(path, text).expect("written");
}

/// Kept from run to run.
fn shared() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("verify")
}

fn verify(course: &Path, arguments: &[&str]) -> Output {
    author(course, &[&["verify"], arguments].concat())
}

fn author(course: &Path, arguments: &[&str]) -> Output {
    let real_target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    Command::new(env!("CARGO_BIN_EXE_author"))
        .args(arguments)
        .current_dir(course)
        .env("CARGO_TARGET_DIR", shared().join("target"))
        // What the real course has built is found there; what this one is verified in is its own.
        .env(
            "CARGO_BUILD_BUILD_DIR",
            real_target.expect("it lies in the target folder"),
        )
        .env_remove("CI")
        .output()
        .expect("the checker runs")
}

/// What a course that is whole prints on stdout; panics with everything it said otherwise.
fn passes(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}\n{stderr}");
    stdout
}

fn finds(output: &Output, what: &str) {
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    assert!(stdout.contains(what), "not found: {what}\n{stdout}");
}

/// One course for all that builds, since the first build costs most.
#[test]
#[ignore = "builds a course; .ci/run runs it"]
fn what_is_built_and_run_is_judged() {
    let course = course("what_is_built_and_run_is_judged");
    let built = [
        "--only",
        "parts,stubs,compile_fail,solutions,quiz_programs,fences",
    ];
    let said = passes(&verify(&course, &built));
    for line in [
        "1 lesson ",
        "1 stub ",
        "4 solutions ",
        "2 programs ",
        "3 fences ",
        "6 passed",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }

    let changes = ["0", "b + a", "a +"].map(change).join(",");
    write(&course, "changes.json", &format!("[{changes}]"));
    let output = author(&course, &["changes", "changes.json"]);
    finds(
        &output,
        "solutions/src/sum.rs:2: no test notices: replace a + b with b + a",
    );
    finds(&output, "changes: 1 noticed, 1 unnoticed, 1 do not compile");

    write(
        &course,
        "checker/stubs/sum.rs",
        "pub fn sum(a: u64, b: u64) -> u64 { a + b }\n",
    );
    write(
        &course,
        "exercises/tests/ui/sum/case.rs",
        "fn main() { exercises::sum::product(); }\n",
    );
    write(
        &course,
        "solutions/wrong/sum/forgets_one.rs",
        &WRONG.replace("{\n    a", "{\n    a + _b"),
    );
    write(
        &course,
        "solutions/wrong/sum/other_words.rs",
        &WRONG.replace("came to …", "is …"),
    );
    write(
        &course,
        "solutions/right/sum/swapped.rs",
        &right("multiplies.", "a * b"),
    );
    write(
        &course,
        "solutions/right/sum/broken.rs",
        &right("is not Rust.", "a +"),
    );
    write(
        &course,
        "src/sum.md",
        &CHAPTER
            .replace("1 + 2", "one + 2")
            .replace("E0308", "E0382"),
    );
    let quiz = numbered(&(QUESTION.replace("ID", "") + TRACING));
    write(
        &course,
        "quiz/sum.toml",
        &quiz.replace("= \"3\"", "= \"4\"").replace("= 2\n", "= 3\n"),
    );
    let output = verify(&course, &built);
    for finding in [
        "exercises/tests/sum.rs:7: `core::adds_both` passes on the stub",
        "exercises/tests/ui/sum/case.rs:1: does not compile against the stub: E0425",
        "solutions/wrong/sum/forgets_one.rs: `core::adds_both` must reject it, but passes",
        "solutions/wrong/sum/other_words.rs: `core::adds_both` rejects it in other words",
        "solutions/right/sum/swapped.rs: right, but `core::adds_both` rejects it: 1 and 2 came to 2",
        "solutions/right/sum/broken.rs:5: does not compile",
        "src/sum.md:8: does not compile: E0425",
        "src/sum.md:11: should fail with E0382 alone, but fails with E0308",
        "quiz/sum.toml: asks 3 questions",
        "`question-1` prints something else than its answer says",
        "`question-2` should have its only error on line 3",
    ] {
        finds(&output, finding);
    }
}

#[test]
fn missing_parts_and_leftovers_are_found() {
    let course = course("missing_parts_and_leftovers_are_found");
    passes(&verify(&course, &["--only", "parts"]));
    fs::remove_file(course.join("exercises/worked/examples/sum.rs")).expect("it was there");
    fs::remove_file(course.join("solutions/right/sum/swapped.rs")).expect("it was there");
    write(&course, "exercises/all_lessons.rs", "");
    write(&course, "quiz/difference.toml", "");
    write(&course, "src/draft.md", "");
    write(&course, "src/sum.md", &CHAPTER.replace("To read", "Read"));
    let output = verify(&course, &["--only", "parts"]);
    for finding in [
        "src/sum.md: does not say at its head how long it takes",
        "exercises/worked/examples/sum.rs: is missing: the worked example of `sum`",
        "solutions/right/sum: holds 1 of at least 2 right solutions",
        "exercises/all_lessons.rs: leaves out `sum`",
        "quiz/difference.toml: belongs to no lesson",
        "src/draft.md: belongs to no lesson",
    ] {
        finds(&output, finding);
    }
}

#[test]
fn a_lesson_that_only_the_summary_renames_is_found() {
    let course = course("a_lesson_that_only_the_summary_renames_is_found");
    write(
        &course,
        "src/SUMMARY.md",
        "# Summary\n\n- [Sum](total.md)\n",
    );
    let output = verify(&course, &["--only", "parts"]);
    for finding in [
        "src/total.md: is missing: the chapter of `total`",
        "exercises/tests/total.rs: is missing: the exercise's tests of `total`",
        "exercises/src/lib.rs: leaves out `total`",
        "exercises/src/lib.rs: lists `sum`, which src/SUMMARY.md does not",
        "solutions/wrong/sum: belongs to no lesson",
        "src/sum.md: belongs to no lesson",
    ] {
        finds(&output, finding);
    }
}

#[test]
fn an_exercise_that_differs_from_its_copy_is_found_in_ci_alone() {
    let course = course("an_exercise_that_differs_from_its_copy_is_found_in_ci_alone");
    write(
        &course,
        "exercises/src/sum.rs",
        "pub fn sum(a: u64, b: u64) -> u64 { a + b }\n",
    );
    passes(&verify(&course, &["--only", "parts"]));
    let in_ci = Command::new(env!("CARGO_BIN_EXE_author"))
        .args(["verify", "--only", "parts"])
        .current_dir(course)
        .env("CI", "true")
        .output()
        .expect("the checker runs");
    finds(
        &in_ci,
        "checker/stubs/sum.rs: is not equal to exercises/src/sum.rs",
    );
}

#[test]
fn checks_are_listed_and_unknown_names_are_refused() {
    let course = course("checks_are_listed_and_unknown_names_are_refused");
    let said = passes(&verify(&course, &["--list"]));
    for check in ["parts", "solutions", "html"] {
        let mut lines = said.lines();
        assert!(lines.any(|line| line.starts_with(check)), "{said}");
    }
    let output = verify(&course, &["--only", "spelling"]);
    assert_eq!(output.status.code(), Some(2));
    let output = verify(&course, &["--lesson", "difference"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("there is no lesson `difference`"),
        "{stderr}"
    );
}
