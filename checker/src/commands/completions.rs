mod bash;
mod fish;
mod zsh;

use std::io::{Write as _, stdout};

use anyhow::Result;
use clap::ValueHint;

use super::Exit;
use crate::course::Course;

/// Prints what a shell needs to complete `cargo checker`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Shell {
    Bash,
    Fish,
    Zsh,
}

/// Prints the script for the command line that is `command`.
pub fn run(args: &Args, course: &Course, command: clap::Command) -> Result<Exit> {
    let verbs = verbs(course, command);
    let script = match args.shell {
        Shell::Bash => bash::script(&verbs),
        Shell::Fish => fish::script(&verbs),
        Shell::Zsh => zsh::script(&verbs),
    };
    stdout().write_all(script.as_bytes())?;
    Ok(Exit::Passed)
}

/// What can stand behind `cargo checker`.
struct Verb {
    name: String,
    about: String,
    flags: Vec<Flag>,
    /// What can stand behind the verb itself.
    words: Vec<String>,
    /// Whether a file can.
    files: bool,
}

struct Flag {
    /// Without the dashes.
    name: String,
    about: String,
    /// What it can be given; empty if that is not known, or there is nothing to give.
    values: Vec<String>,
    takes_value: bool,
}

fn verbs(course: &Course, mut command: clap::Command) -> Vec<Verb> {
    let lessons: Vec<String> = course
        .lessons()
        .map(|lesson| lesson.slug.to_string())
        .collect();
    command.build();
    let shown = command
        .get_subcommands()
        .filter(|verb| !verb.is_hide_set() && verb.get_name() != "help");
    shown.map(|verb| of_command(verb, &lessons)).collect()
}

fn of_command(verb: &clap::Command, lessons: &[String]) -> Verb {
    let mut words = Vec::new();
    let mut files = false;
    for argument in verb.get_positionals() {
        if argument.get_id() == "lesson" {
            words.extend_from_slice(lessons);
        }
        words.extend(values(argument));
        files |= argument.get_value_hint() == ValueHint::AnyPath;
    }
    let flags = verb.get_arguments().filter_map(|argument| {
        Some(Flag {
            name: argument.get_long()?.to_owned(),
            about: about(argument.get_help()),
            values: values(argument),
            takes_value: argument.get_action().takes_values(),
        })
    });
    Verb {
        name: verb.get_name().to_owned(),
        about: about(verb.get_about()),
        flags: flags.collect(),
        words,
        files,
    }
}

fn values(argument: &clap::Arg) -> Vec<String> {
    let values = argument.get_possible_values();
    let takes = argument.get_action().takes_values();
    let values = values.iter().filter(|value| takes && !value.is_hide_set());
    values.map(|value| value.get_name().to_owned()).collect()
}

fn about(text: Option<&clap::builder::StyledStr>) -> String {
    let text = text.map(ToString::to_string).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}

/// Single quotes, for shells in which nothing has a meaning between them.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn names(verbs: &[Verb]) -> String {
    let names: Vec<_> = verbs.iter().map(|verb| verb.name.as_str()).collect();
    names.join(" ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::CommandFactory as _;

    use super::*;

    fn course() -> Course {
        let summary = "# Summary\n- [Worker pool](worker_pool.md)\n- [Pipeline](pipeline.md)\n";
        Course::from_summary(Path::new("."), summary).expect("a course")
    }

    #[test]
    fn verbs_offer_their_lessons_flags_and_values() {
        let verbs = verbs(&course(), crate::cli::Cli::command());
        let verb = |name: &str| {
            let mut verbs = verbs.iter();
            verbs.find(|verb| verb.name == name).expect("a verb")
        };
        assert_eq!(verb("check").words, ["worker_pool", "pipeline"]);
        assert!(verb("check").flags.iter().any(|flag| flag.name == "all"));
        assert_eq!(verb("completions").words, ["bash", "fish", "zsh"]);
        let report = &verb("report").flags;
        let format = report.iter().find(|flag| flag.name == "format");
        assert_eq!(
            format.expect("a flag").values,
            ["markdown", "json", "junit"]
        );
        assert!(verb("record").files);
        assert!(verbs.iter().all(|verb| verb.name != "preprocess"));
    }

    #[test]
    fn quotes_within_quotes_are_kept() {
        assert_eq!(quoted("a lesson's"), "'a lesson'\\''s'");
    }
}
