//! Misuse that must not compile, judged by error code and message.
//!
//! The compiler's whole text would not do: it quotes the learner's own lines and changes from
//! toolchain to toolchain. The code alone would not do either: a missing `Copy` is E0277 as well as a
//! missing `Send`.
//!
//! The checker compiles the misuse beside the tests and hands over what came of it, see
//! [`record::misuse`]. Without the checker, trybuild compiles it: the test program runs itself again
//! as a child, in which trybuild only writes the compiler's words down, in a scratch package that
//! depends on the lesson's crate and nothing else. trybuild takes a compiler that was killed for one
//! that has accepted the program, so only cargo's own word counts as that.

use std::any::type_name;
use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use record::misuse::{CameTo, Compiled, MISUSE_FILE};

use crate::identity::Identity;
use crate::lifeline;
use crate::report::{Failure, Outcome, REPORT_FILE, RUNS_FILE};
use crate::sampler::HarnessThread;
use crate::show;

mod messages;

/// The scratch package's program.
const TARGET: &str = "case";

/// Set in the child: the misuse that trybuild compiles there.
const CHILD: &str = "COURSE_COMPILE_FAIL_CHILD";

/// One misuse.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its file's name: `job_not_send.rs`.
    pub file: &'static str,
    /// Its text.
    pub source: &'static str,
    /// What goes wrong if it compiles, as the end of a sentence: "must not compile: …".
    pub why: &'static str,
    /// The errors that count as rejected for the right reason: code and a part of the message.
    /// Several where right designs differ.
    pub rejected: &'static [(&'static str, &'static str)],
}

/// Where the test was compiled; [`must_not_compile!`](crate::must_not_compile) fills it in.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// `CARGO_MANIFEST_DIR`
    pub package: &'static str,
    /// `CARGO_TARGET_TMPDIR`
    pub scratch: &'static str,
}

/// Fails the test unless the compiler rejects the misuse in `tests/ui/<path>`, for one of the given
/// reasons.
///
/// The whole body of a test in `tests/<lesson>.rs`:
///
/// ```ignore
/// // It names a file of the package that it is compiled in.
/// instruments::must_not_compile!(
///     "worker_pool/job_not_send.rs",
///     "the job would leave its thread with an `Rc`",
///     [("E0277", "cannot be sent between threads")]
/// );
/// ```
#[macro_export]
macro_rules! must_not_compile {
    ($path:literal, $why:literal, [$(($code:literal, $message:literal)),+ $(,)?]) => {
        $crate::compile_fail::check(
            || {},
            $crate::compile_fail::Site {
                package: env!("CARGO_MANIFEST_DIR"),
                scratch: env!("CARGO_TARGET_TMPDIR"),
            },
            &$crate::compile_fail::Case {
                file: $path,
                source: include_str!(concat!("ui/", $path)),
                why: $why,
                rejected: &[$(($code, $message)),+],
            },
        )
    };
}

/// What [`must_not_compile!`](crate::must_not_compile) stands for. `_here` tells which test it is.
///
/// # Panics
/// If the case compiles, is rejected for another reason, or cannot be compiled at all.
#[track_caller]
pub fn check<F: Fn()>(_here: F, site: Site, case: &Case) {
    if let Some(misuse) = env::var_os(CHILD) {
        // It compiles when it is dropped.
        trybuild::TestCases::new().compile_fail(PathBuf::from(misuse));
        return;
    }
    lifeline::watch();
    let identity = Identity::of::<F>();
    let path = type_name::<F>().trim_end_matches("::{{closure}}");
    let test = path.split_once("::").map_or(path, |(_crate, test)| test);
    let came_to = match env::var_os(MISUSE_FILE) {
        Some(file) => look_up(&file, case),
        None => compile(test, &identity, site, case),
    };
    let outcome = match came_to {
        Ok(CameTo::Accepted) => Outcome::Failed(Failure {
            sentence: format!("`{}` compiles, but must not: {}", case.file, case.why),
            place: Some(format!("exercises/tests/ui/{}", case.file)),
            details: case
                .source
                .lines()
                .map(|line| format!("  {line}"))
                .collect(),
            timeline: None,
        }),
        Ok(CameTo::Rejected { words }) => judge(case, &words),
        Err(error) => Outcome::NotJudged(Failure {
            sentence: format!("`{}` could not be compiled: {error}", case.file),
            place: None,
            details: Vec::new(),
            timeline: None,
        }),
    };
    show::conclude(&identity, outcome);
}

/// What the compiler made of `case`, according to the file that whoever started us has left.
fn look_up(file: &OsStr, case: &Case) -> io::Result<CameTo> {
    let compiled: Vec<Compiled> = serde_json::from_slice(&fs::read(file)?)?;
    let mut compiled = compiled.into_iter();
    let found = compiled.find(|one| one.file == case.file);
    found
        .map(|one| one.came_to)
        .ok_or_else(|| io::Error::other("nothing is known of it"))
}

fn compile(test: &str, identity: &Identity, site: Site, case: &Case) -> io::Result<CameTo> {
    let lesson_crate = LessonCrate::of(Path::new(site.package))?;
    let folder = Path::new(site.scratch).join("compile_fail");
    let scratch = folder
        .join(&lesson_crate.package)
        .join(&identity.lesson)
        .join(&identity.test);
    if !scratch.exists() {
        // Not `eprintln!`, which libtest would keep to itself: a silent wait looks like a hang.
        let _ = writeln!(
            io::stderr(),
            "compiling the misuse of {} for the first time, this takes some seconds …",
            identity.lesson
        );
    }
    fs::create_dir_all(&scratch)?;
    let _harness = HarnessThread::here();
    // Another process may run the same test; what it has written here must not be read half.
    let _lock = locked(&scratch.join("lock"))?;
    // The compiler would say the same again to the same lesson and the same case: both are in this
    // very binary.
    let compiled_for = fingerprint(&env::current_exe()?)?;
    let last = scratch.join("came_to.json");
    if let Ok(text) = fs::read(&last)
        && let Ok((binary, came_to)) = serde_json::from_slice::<(String, CameTo)>(&text)
        && binary == compiled_for
    {
        return Ok(came_to);
    }
    fs::write(
        scratch.join("Cargo.toml"),
        lesson_crate.scratch_manifest(identity),
    )?;
    fs::write(scratch.join("empty.rs"), "")?;
    fs::write(scratch.join("case.rs"), case.source)?;
    if let Some(lock) = lesson_crate.lock_file() {
        fs::copy(lock, scratch.join("Cargo.lock"))?;
    }
    let came_to = match by_trybuild(test, &scratch, &folder)? {
        Some(words) => CameTo::Rejected { words },
        None => by_cargo(&scratch, &folder)?,
    };
    fs::write(last, serde_json::to_vec(&(compiled_for, &came_to))?)?;
    Ok(came_to)
}

/// The words in which the compiler rejects the misuse in `scratch`, if it does.
fn by_trybuild(test: &str, scratch: &Path, target: &Path) -> io::Result<Option<String>> {
    let words = scratch.join("case.stderr");
    if words.exists() {
        fs::remove_file(&words)?;
    }
    let output = Command::new(env::current_exe()?)
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, scratch.join("case.rs"))
        .env("CARGO_MANIFEST_DIR", scratch)
        // trybuild compiles into a folder of its own below this one.
        .env("CARGO_TARGET_DIR", target)
        .env("TRYBUILD", "overwrite")
        .env_remove(REPORT_FILE)
        .env_remove(RUNS_FILE)
        .output()?;
    if let Ok(words) = fs::read_to_string(&words) {
        return Ok(Some(words));
    }
    let log = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    if log.contains("Expected test case to fail to compile, but it succeeded") {
        return Ok(None);
    }
    Err(io::Error::other(format!("trybuild says\n{}", log.trim())))
}

/// What cargo itself says of the misuse in `scratch`.
fn by_cargo(scratch: &Path, target: &Path) -> io::Result<CameTo> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["check", "--message-format=json", "--bin", TARGET])
        .arg("--target-dir")
        .arg(target)
        .current_dir(scratch)
        .output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    messages::of_target(&stdout, TARGET).ok_or_else(|| {
        let said = String::from_utf8_lossy(&output.stderr);
        io::Error::other(format!("cargo says\n{}", said.trim()))
    })
}

/// The file at `path`, locked until it is dropped.
fn locked(path: &Path) -> io::Result<File> {
    let file = File::create(path)?;
    file.lock()?;
    Ok(file)
}

/// Tells one build of a test binary from the next.
fn fingerprint(binary: &Path) -> io::Result<String> {
    let about = fs::metadata(binary)?;
    let since_1970 = about.modified()?.duration_since(UNIX_EPOCH);
    Ok(format!(
        "{} of {} bytes, built {} ns after 1970",
        binary.display(),
        about.len(),
        since_1970.map_err(io::Error::other)?.as_nanos()
    ))
}

fn judge(case: &Case, words: &str) -> Outcome {
    let errors: Vec<&str> = words
        .lines()
        .filter(|line| line.starts_with("error"))
        .collect();
    let expected = |error: &&str| {
        case.rejected.iter().any(|(code, message)| {
            error.starts_with(&format!("error[{code}]")) && error.contains(message)
        })
    };
    match errors.iter().find(|error| !expected(error)) {
        None if !errors.is_empty() => Outcome::Passed,
        other => {
            let says = other.copied().unwrap_or("nothing");
            let reasons: Vec<String> = case
                .rejected
                .iter()
                .map(|(code, message)| format!("{code} “{message}”"))
                .collect();
            Outcome::RejectedForTheWrongReason(Failure {
                sentence: format!(
                    "`{}` is rejected, but for the wrong reason: expected {}, the compiler says `{says}`",
                    case.file,
                    reasons.join(" or "),
                ),
                place: Some(format!("exercises/tests/ui/{}", case.file)),
                details: words.lines().map(str::to_owned).collect(),
                timeline: None,
            })
        }
    }
}

/// The crate that the tests call `exercises`.
struct LessonCrate {
    package: String,
    path: PathBuf,
}

impl LessonCrate {
    /// Looks it up in the manifest of the package that the tests are compiled in: it is that
    /// package itself, or the dependency of that name.
    fn of(package: &Path) -> io::Result<Self> {
        let manifest = package.join("Cargo.toml");
        let text = fs::read_to_string(&manifest)?;
        let manifest: toml::Table = text.parse().map_err(io::Error::other)?;
        let text =
            |value: Option<&toml::Value>| value.and_then(toml::Value::as_str).map(str::to_owned);
        let dependency = manifest
            .get("dev-dependencies")
            .and_then(|table| table.get("exercises"));
        if let Some(dependency) = dependency
            && let Some(path) = text(dependency.get("path"))
        {
            return Ok(Self {
                package: text(dependency.get("package")).unwrap_or_else(|| "exercises".to_owned()),
                path: package.join(path).canonicalize()?,
            });
        }
        let name = text(manifest.get("package").and_then(|table| table.get("name")));
        Ok(Self {
            package: name.ok_or_else(|| io::Error::other("the package has no name"))?,
            path: package.to_owned(),
        })
    }

    fn scratch_manifest(&self, identity: &Identity) -> String {
        let Self { package, path } = self;
        // As a TOML string, in which a Windows path's backslashes need escapes.
        let path = toml::Value::from(path.to_string_lossy().into_owned());
        format!(
            "[package]\nname = \"misuse-{package}-{}-{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [lib]\npath = \"empty.rs\"\n\n\
             [[bin]]\nname = \"{TARGET}\"\npath = \"case.rs\"\n\n\
             [dependencies]\nexercises = {{ package = {package:?}, path = {path} }}\n\n\
             [workspace]\n",
            identity.lesson, identity.test
        )
    }

    fn lock_file(&self) -> Option<PathBuf> {
        self.path
            .ancestors()
            .map(|folder| folder.join("Cargo.lock"))
            .find(|lock| lock.is_file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: Case = Case {
        file: "job_not_send.rs",
        source: "",
        why: "",
        rejected: &[("E0277", "cannot be sent between threads")],
    };

    #[test]
    fn the_right_code_and_message_pass() {
        let words = "error[E0277]: `Rc<u32>` cannot be sent between threads safely\n --> case.rs\n";
        assert_eq!(judge(&CASE, words), Outcome::Passed);
    }

    #[test]
    fn the_right_code_with_another_message_is_the_wrong_reason() {
        let words = "error[E0277]: the trait bound `Job: Copy` is not satisfied\n";
        let Outcome::RejectedForTheWrongReason(failure) = judge(&CASE, words) else {
            panic!("accepted");
        };
        assert!(
            failure.sentence.contains("Job: Copy"),
            "{}",
            failure.sentence
        );
    }

    #[test]
    fn one_wrong_error_beside_a_right_one_is_the_wrong_reason() {
        let words = "error[E0277]: `Rc<u32>` cannot be sent between threads safely\n\
                     error[E0599]: no method named `submit`\n";
        assert!(matches!(
            judge(&CASE, words),
            Outcome::RejectedForTheWrongReason(_)
        ));
    }
}
