//! How long the checker takes on the real course, with raw cargo beside it as the limit:
//! `cargo bench -p checker`, or with `-- 9` for nine runs of each instead of five.
//!
//! It works on a copy in `target/bench`, in which every exercise is solved, so nobody's progress or
//! files are touched. The first run compiles the exercises there.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use checker::book::{Change, Edition, Rebuilds};
use checker::course::Course;

/// What the copy does not need, or must not have.
const LEFT_OUT: [&str; 5] = [
    "target",
    "book",
    ".checker",
    ".git",
    "checker/browser/node_modules",
];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Bench {
    course: PathBuf,
    lessons: Vec<String>,
    runs: usize,
}

fn main() -> Result<()> {
    let runs = std::env::args().find_map(|argument| argument.parse().ok());
    let original = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("the checker lies in the course")?;
    let bench = Bench {
        course: original.join("target/bench/course"),
        lessons: lessons(original)?,
        runs: runs.unwrap_or(5),
    };
    let left_out = LEFT_OUT.map(|name| original.join(name));
    copy(original, &bench.course, &left_out)?;
    for lesson in &bench.lessons {
        let solution = original.join(format!("solutions/src/{lesson}.rs"));
        take(&solution, &bench.exercise(lesson))?;
    }
    println!("compiling the exercises in {} …", bench.course.display());
    let all = bench.each_lesson();
    bench.cargo(&[&["test", "--no-run", "-p", "exercises"], &*refs(&all)].concat())?;
    bench.checker(&["check", "--all"])?;
    bench.report()
}

impl Bench {
    fn report(&self) -> Result<()> {
        println!(
            "\nfrom an edit to its verdict, median of {} runs\n",
            self.runs
        );
        let mut slowest: Option<(&String, Duration)> = None;
        for lesson in &self.lessons {
            let ours = self.time(|| {
                self.edit(lesson)?;
                self.checker(&["check", lesson])
            })?;
            row(lesson, ours, None);
            if slowest.is_none_or(|(_, most)| ours > most) {
                slowest = Some((lesson, ours));
            }
        }
        let (lesson, ours) = slowest.ok_or("a course has lessons")?;
        let test = ["test", "-p", "exercises", "--test", lesson];
        let raw = self.time(|| {
            self.edit(lesson)?;
            self.cargo(&test)
        })?;
        println!();
        row(&format!("slowest: {lesson}"), ours, Some(raw));
        let raw = self.time(|| self.cargo(&test))?;
        let ours = self.time(|| self.checker(&["check", lesson]))?;
        row("check, nothing changed", ours, Some(raw));
        let raw = self.time(|| {
            self.lessons
                .iter()
                .try_for_each(|lesson| self.cargo(&["test", "-p", "exercises", "--test", lesson]))
        })?;
        let ours = self.time(|| self.checker(&["check", "--all"]))?;
        let name = format!("check --all, {} lessons", self.lessons.len());
        row(&name, ours, Some(raw));
        row("status", self.time(|| self.checker(&["status"]))?, None);
        row(
            "build the book",
            self.time(|| self.checker(&["build"]))?,
            None,
        );
        row("save to page", self.save_to_page()?, None);
        println!("\nraw: `cargo test -p exercises --test <lesson>`, for all lessons one by one");
        Ok(())
    }

    /// From the save of a chapter under `serve` to its new page; the browser has yet to load it.
    fn save_to_page(&self) -> Result<Duration> {
        let lesson = self.lessons.first().ok_or("a course has lessons")?;
        let chapter = self.course.join(format!("src/{lesson}.md"));
        let (mut rebuilds, _) = Rebuilds::start(&Course::find(&self.course)?, Edition::Learners)?;
        self.time(|| {
            let text = fs::read_to_string(&chapter)?;
            fs::write(&chapter, text + "\nOne more sentence.\n")?;
            match rebuilds.look() {
                Some(Change::Page { .. }) => Ok(()),
                other => Err(format!("no new page, but {other:?}").into()),
            }
        })
    }

    fn time(&self, mut what: impl FnMut() -> Result<()>) -> Result<Duration> {
        let mut times = Vec::new();
        for _ in 0..self.runs {
            let begin = Instant::now();
            what()?;
            times.push(begin.elapsed());
        }
        times.sort_unstable();
        Ok(times[times.len() / 2])
    }

    fn exercise(&self, lesson: &str) -> PathBuf {
        self.course.join(format!("exercises/src/{lesson}.rs"))
    }

    fn edit(&self, lesson: &str) -> Result<()> {
        let mut file = File::options().append(true).open(self.exercise(lesson))?;
        Ok(writeln!(file, "// One more line.")?)
    }

    fn each_lesson(&self) -> Vec<String> {
        let lessons = self.lessons.iter();
        lessons
            .flat_map(|lesson| ["--test".to_owned(), lesson.clone()])
            .collect()
    }

    fn cargo(&self, arguments: &[&str]) -> Result<()> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        self.run(Command::new(cargo).args(arguments), arguments)
    }

    fn checker(&self, arguments: &[&str]) -> Result<()> {
        let checker = env!("CARGO_BIN_EXE_checker");
        self.run(Command::new(checker).args(arguments), arguments)
    }

    fn run(&self, command: &mut Command, arguments: &[&str]) -> Result<()> {
        let output = command
            .current_dir(&self.course)
            // `cargo bench` sets its own, which would have the copy compiled again.
            .env_remove("CARGO_TARGET_DIR")
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("`{}` failed:\n{said}", arguments.join(" ")).into())
    }
}

fn row(name: &str, ours: Duration, raw: Option<Duration>) {
    let seconds = ours.as_secs_f64();
    let beside = raw.map_or_else(String::new, |raw| {
        let ratio = seconds / raw.as_secs_f64();
        format!("   raw {:6.2} s   {ratio:.2} times raw", raw.as_secs_f64())
    });
    println!("{name:36} {seconds:6.2} s{beside}");
}

/// The lessons that can be solved here.
fn lessons(course: &Path) -> Result<Vec<String>> {
    let course = checker::course::Course::find(course)?;
    let lessons = course.lessons();
    let solved = lessons.filter(|lesson| course.solution_path(&lesson.slug).is_file());
    Ok(solved.map(|lesson| lesson.slug.to_string()).collect())
}

fn refs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Copies what has changed: what cargo has compiled in the copy stays good.
fn copy(from: &Path, to: &Path, left_out: &[PathBuf]) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if left_out.contains(&entry.path()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target, left_out)?;
        } else {
            take(&entry.path(), &target)?;
        }
    }
    Ok(())
}

fn take(from: &Path, to: &Path) -> Result<()> {
    let text = fs::read(from)?;
    if !fs::read(to).is_ok_and(|there| there == text) {
        fs::write(to, text)?;
    }
    Ok(())
}
