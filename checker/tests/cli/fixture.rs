//! A small course in a folder of its own, and the checker run on it. Its tests write their records
//! themselves, so that it compiles without a dependency.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const SUMMARY: &str = "\
# Summary

# Basics
- [Answers](answers.md)
- [Channels](channels.md)
";

const QUIZ: &str = r#"
[[questions]]
id = "who-waits"
type = "ShortAnswer"
prompt.prompt = "Who waits?"
prompt.feedback = "Look at the bound."
answer.answer = "the caller"
context = "The queue is full."

[[questions]]
id = "prints"
type = "Tracing"
prompt.program = "fn main() {}"
prompt.feedback = "Nothing prints."
answer.doesCompile = true
answer.stdout = ""
context = ""
"#;

const TESTS: &str = r##"
use std::io::Write as _;
use std::panic::catch_unwind;

mod core {
    #[test]
    fn the_answer_is_42() {
        super::judge("core", "the_answer_is_42", 1, exercises::answers::answer);
    }
}

mod stretch {
    #[test]
    fn the_extra_is_42() {
        super::judge("stretch", "the_extra_is_42", 2, exercises::answers::extra);
    }
}

fn judge(rung: &str, test: &str, line: u32, answer: fn() -> u32) {
    let failure = |sentence: &str| {
        format!(r#","sentence":"{sentence}","place":"tests/answers.rs:{line}","details":[],"timeline":null"#)
    };
    let (outcome, failure) = match catch_unwind(answer) {
        Ok(42) => ("passed", String::new()),
        Ok(got) => ("failed", failure(&format!("the answer is 42, but {got} came back"))),
        Err(_) => ("not_written", failure("not written yet: answer")),
    };
    let record = format!(
        "{{\"schema\":1,\"lesson\":\"answers\",\"rung\":\"{rung}\",\"test\":\"{test}\",\"line\":{line},\
         \"outcome\":\"{outcome}\"{failure}}}\n"
    );
    let path = std::env::var_os("COURSE_REPORT_FILE").unwrap();
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(record.as_bytes()).unwrap();
    assert!(outcome == "passed");
}
"##;

/// A course on disk; gone when dropped.
pub struct Fixture {
    folder: TempDir,
}

/// What the checker said.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Fixture {
    /// A whole course of two lessons; nothing is solved.
    pub fn new() -> Self {
        let course = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        course.write("book.toml", "[book]\ntitle = \"Fixture\"\n");
        course.write("src/SUMMARY.md", SUMMARY);
        course.write("quiz/answers.toml", QUIZ);
        course.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"exercises\"]\n\
             [workspace.package]\nedition = \"2024\"\n\
             [profile.dev]\ndebug = false\nincremental = false\n",
        );
        course.write(
            "exercises/Cargo.toml",
            "[package]\nname = \"exercises\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        );
        course.write(
            "exercises/src/lib.rs",
            "pub mod answers;\npub mod channels;\n",
        );
        course.write("exercises/src/channels.rs", "");
        course.write("exercises/tests/answers.rs", TESTS);
        course.solve("todo!()");
        course
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }

    pub fn replace(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).expect("it is there");
        assert!(text.contains(from), "`{from}` is not in {name}");
        self.write(name, &text.replace(from, to));
    }

    /// Gives the exercise this body; the stretch rung's answer is right.
    pub fn solve(&self, body: &str) {
        self.solve_both(body, "42");
    }

    pub fn solve_both(&self, answer: &str, extra: &str) {
        self.write(
            "exercises/src/answers.rs",
            &format!(
                "pub fn answer() -> u32 {{ {answer} }}\npub fn extra() -> u32 {{ {extra} }}\n"
            ),
        );
    }

    /// The checker, ready to run in the course's folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        checker(self.folder.path(), arguments)
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        said(&self.command(arguments).output().expect("it starts"))
    }

    /// The progress log's text; empty if there is none.
    pub fn progress(&self) -> String {
        fs::read_to_string(self.path(".checker/progress.jsonl")).unwrap_or_default()
    }
}

/// The checker in `folder`, with an environment that does not depend on who runs the tests.
pub fn checker(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_checker"));
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("LC_ALL", "C")
        .env("RUST_BACKTRACE", "0")
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS");
    command
}

pub fn said(output: &Output) -> Said {
    Said {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Said {
    /// Fails the test unless the code is `code` and each of `words` was said.
    #[track_caller]
    pub fn expect(&self, code: i32, words: &[&str]) {
        let Self { out, err, .. } = self;
        assert_eq!(self.code, Some(code), "stdout:\n{out}\nstderr:\n{err}");
        for words in words {
            let said = out.contains(words) || err.contains(words);
            assert!(
                said,
                "`{words}` was not said; stdout:\n{out}\nstderr:\n{err}"
            );
        }
    }
}
