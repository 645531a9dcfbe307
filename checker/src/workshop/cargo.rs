//! One call of cargo for many targets, and what became of each of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// What a build came to, by the target's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Built {
    targets: BTreeMap<String, Target>,
}

/// What became of one target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Where its program lies, if it has one and compiled.
    pub executable: Option<PathBuf>,
    /// Its errors, in the compiler's order.
    pub errors: Vec<Diagnostic>,
}

/// One error of the compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// `E0277`, if it has a code.
    pub code: Option<String>,
    /// One line.
    pub message: String,
    /// File and line of the first primary span.
    pub place: Option<(PathBuf, usize)>,
    /// As the compiler prints it, without colours.
    pub rendered: String,
}

impl Diagnostic {
    /// Code and message, as one would say it.
    pub fn headline(&self) -> String {
        match &self.code {
            Some(code) => format!("{code}, {}", self.message),
            None => self.message.clone(),
        }
    }
}

impl Built {
    /// What became of the target called `name`; nothing is known of it if what it depends on
    /// failed.
    pub fn target(&self, name: &str) -> Option<&Target> {
        self.targets.get(name)
    }

    /// The errors of the targets whose name `is_meant`.
    pub fn errors_of(&self, is_meant: impl Fn(&str) -> bool) -> impl Iterator<Item = &Diagnostic> {
        let meant = self.targets.iter().filter(move |(name, _)| is_meant(name));
        meant.flat_map(|(_, target)| &target.errors)
    }

    /// All errors of all targets.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.targets.values().flat_map(|target| &target.errors)
    }
}

/// Runs `cargo build` with `arguments` in `folder`, going on after errors.
///
/// # Errors
/// If cargo cannot be run, or fails without an error of the compiler.
pub fn build(folder: &Path, target_folder: &Path, arguments: &[&str]) -> Result<Built> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(folder)
        .args([
            "build",
            "--keep-going",
            "--message-format=json",
            "--target-dir",
        ])
        .arg(target_folder)
        .args(arguments)
        .output()
        .context("cargo cannot be run; is Rust installed and on the PATH?")?;
    let built = parse(&String::from_utf8_lossy(&output.stdout))?;
    if !output.status.success() && built.errors().next().is_none() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("cargo failed in {}:\n{}", folder.display(), said.trim());
    }
    Ok(built)
}

fn parse(stdout: &str) -> Result<Built> {
    let mut built = Built::default();
    for line in stdout.lines().filter(|line| line.starts_with('{')) {
        match serde_json::from_str(line).context("cargo said something unexpected")? {
            Message::Artifact { target, executable } => {
                built.targets.entry(target.name).or_default().executable = executable;
            }
            Message::Diagnostic { target, message } => {
                let errors = &mut built.targets.entry(target.name).or_default().errors;
                if message.level == "error" && !message.is_summary() {
                    errors.push(message.into());
                }
            }
            Message::Other => {}
        }
    }
    Ok(built)
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact {
        target: Named,
        executable: Option<PathBuf>,
    },
    #[serde(rename = "compiler-message")]
    Diagnostic {
        target: Named,
        message: RawDiagnostic,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct RawDiagnostic {
    message: String,
    code: Option<Code>,
    level: String,
    spans: Vec<Span>,
    rendered: Option<String>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Span {
    file_name: PathBuf,
    line_start: usize,
    is_primary: bool,
}

impl RawDiagnostic {
    /// "aborting due to 2 previous errors" is no error of its own.
    fn is_summary(&self) -> bool {
        self.spans.is_empty() && self.message.starts_with("aborting due to")
    }
}

impl From<RawDiagnostic> for Diagnostic {
    fn from(raw: RawDiagnostic) -> Self {
        Self {
            place: raw
                .spans
                .into_iter()
                .find(|span| span.is_primary)
                .map(|span| (span.file_name, span.line_start)),
            code: raw.code.map(|code| code.code),
            rendered: raw.rendered.unwrap_or_else(|| raw.message.clone()),
            message: raw.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_programs_are_told_apart_by_target() {
        let stdout = r#"
{"reason":"compiler-artifact","target":{"name":"good"},"executable":"/t/good","fresh":true}
{"reason":"compiler-message","target":{"name":"bad"},"message":{"message":"unused","code":null,"level":"warning","spans":[],"rendered":"w"}}
{"reason":"compiler-message","target":{"name":"bad"},"message":{"message":"mismatched types","code":{"code":"E0308"},"level":"error","spans":[{"file_name":"a.rs","line_start":2,"is_primary":false},{"file_name":"b.rs","line_start":3,"is_primary":true}],"rendered":"error[E0308]"}}
{"reason":"compiler-message","target":{"name":"bad"},"message":{"message":"aborting due to 1 previous error","code":null,"level":"error","spans":[],"rendered":"e"}}
{"reason":"build-finished","success":false}
"#;
        let built = parse(stdout).expect("as cargo prints it");
        let good = built.target("good").expect("listed");
        assert_eq!(good.executable.as_deref(), Some(Path::new("/t/good")));
        let bad = built.target("bad").expect("listed");
        assert_eq!(bad.errors.len(), 1);
        assert_eq!(bad.errors[0].headline(), "E0308, mismatched types");
        assert_eq!(bad.errors[0].place, Some(("b.rs".into(), 3)));
        assert!(built.target("unheard_of").is_none());
    }
}
