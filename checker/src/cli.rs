//! The command line.

use clap::Parser;

use crate::commands::Command;

/// What the exit codes mean, for the end of the help.
const EXIT_CODES: &str = "\
Exit codes:
  0    what was asked for holds
  1    it ran, and the answer is no: not passed
  2    bad usage, or a file of the course cannot be used
  3    the world does not play along: no cargo, no disk space
  130  interrupted

NO_COLOR=1 turns colours off.
Where the locale is not UTF-8, marks and timelines are plain ASCII.";

/// Concurrency Patterns in Rust: grades exercises and quizzes, serves the book.
#[derive(Debug, Parser)]
#[command(
    name = "cargo checker",
    bin_name = "cargo checker",
    version,
    after_help = EXIT_CODES
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_command_shows_an_example_in_its_help() {
        Cli::command().debug_assert();
        for command in Cli::command().get_subcommands() {
            let mut command = command.clone();
            let help = command.render_help().to_string();
            let example = format!("cargo checker {}", command.get_name());
            assert!(
                command.is_hide_set() || help.contains(&example),
                "`{}` has no example in its help",
                command.get_name()
            );
        }
    }
}
