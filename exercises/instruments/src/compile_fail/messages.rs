//! What cargo says of one target, as JSON.

use record::misuse::CameTo;
use serde::Deserialize;

/// What the compiler made of the target called `name`. `None` if cargo says neither that it was
/// compiled nor what is wrong with it.
pub(super) fn of_target(stdout: &str, name: &str) -> Option<CameTo> {
    let mut errors = Vec::new();
    for message in stdout
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
    {
        match message {
            Message::Artifact { target } if target.name == name => return Some(CameTo::Accepted),
            Message::Diagnostic { target, message }
                if target.name == name && message.is_an_error() =>
            {
                errors.push(message.rendered);
            }
            Message::Artifact { .. } | Message::Diagnostic { .. } | Message::Other => {}
        }
    }
    (!errors.is_empty()).then(|| CameTo::Rejected {
        words: errors.join("\n"),
    })
}

#[derive(Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact { target: Target },
    #[serde(rename = "compiler-message")]
    Diagnostic { target: Target, message: Diagnostic },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: String,
    spans: Vec<serde::de::IgnoredAny>,
}

impl Diagnostic {
    /// An error that points nowhere tells of the machine, or only counts the others.
    fn is_an_error(&self) -> bool {
        self.level == "error" && !self.spans.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REJECTED: &str = r#"{"reason":"compiler-message","target":{"name":"case"},"message":{"level":"error","rendered":"error[E0277]: no\n","spans":[{}]}}"#;
    const ABORTING: &str = r#"{"reason":"compiler-message","target":{"name":"case"},"message":{"level":"error","rendered":"error: aborting due to 1 previous error\n","spans":[]}}"#;
    const LIBRARY: &str = r#"{"reason":"compiler-artifact","target":{"name":"exercises"}}"#;
    const ACCEPTED: &str = r#"{"reason":"compiler-artifact","target":{"name":"case"}}"#;
    const FINISHED: &str = r#"{"reason":"build-finished","success":false}"#;

    fn of(lines: &[&str]) -> Option<CameTo> {
        of_target(&lines.join("\n"), "case")
    }

    #[test]
    fn only_cargos_own_word_makes_a_program_compile() {
        assert_eq!(of(&[LIBRARY, ACCEPTED, FINISHED]), Some(CameTo::Accepted));
        assert_eq!(of(&[LIBRARY, FINISHED]), None, "the compiler was killed");
        assert_eq!(of(&[LIBRARY, ABORTING, FINISHED]), None, "the disk is full");
    }

    #[test]
    fn an_error_is_told_in_the_compilers_words() {
        let rejected = of(&[LIBRARY, REJECTED, ABORTING, FINISHED]);
        let words = "error[E0277]: no\n".to_owned();
        assert_eq!(rejected, Some(CameTo::Rejected { words }));
    }
}
