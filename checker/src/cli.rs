//! The command line.

use anyhow::Result;
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::commands::{
    Exit, agenda, author, build, check, completions, hand_out, hint, mistakes, overview,
    preprocess, quiz, record, report, reset, serve, solution, status, watch,
};
use crate::course::Course;

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

/// What can be asked of the checker.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show which lessons are complete
    #[command(
        after_help = "Examples:\n  cargo checker status\n  cargo checker status --format json"
    )]
    Status(status::Args),
    /// Run lessons' tests; say what failed and why
    #[command(
        after_help = "Examples:\n  cargo checker check worker_pool\n  cargo checker check worker_pool pipeline\n  cargo checker check --all\n\nOf several lessons each has a line; of one, the first failure is shown in full."
    )]
    Check(check::Args),
    /// Check a lesson whenever a file is saved
    #[command(
        after_help = "Examples:\n  cargo checker watch\n  cargo checker watch worker_pool\n\nKeys, at any time: n next lesson, r run again, h hints, 1-9 more of a hint, v verdict,\nl list, z quiz, q quit. The files are looked at, not subscribed to: it works in\ncontainers and on network folders too."
    )]
    Watch(watch::Args),
    /// Answer a lesson's quiz
    #[command(
        after_help = "Examples:\n  cargo checker quiz worker_pool\n  cargo checker quiz worker_pool --print\n  cargo checker quiz worker_pool --template > my.json\n  cargo checker quiz worker_pool --answers my.json\n\nThe answers are a JSON object from question id to answer:\n  \"text\"               a short answer, or a choice by letter or text\n  [\"a\", \"c\"]           several choices\n  {\"stdout\": \"text\"}   what a program prints\n  {\"line\": 3}          where it does not compile"
    )]
    Quiz(quiz::Args),
    /// Tell a little more on what one stumbles over
    #[command(
        after_help = "Examples:\n  cargo checker hint worker_pool        the questions\n  cargo checker hint worker_pool 2      one level more of the second\n  cargo checker hint worker_pool 2 --level 3"
    )]
    Hint(hint::Args),
    /// Show a solution, after the exercise has passed
    #[command(
        after_help = "Examples:\n  cargo checker solution worker_pool            the reference\n  cargo checker solution worker_pool condvar    another design\n  cargo checker solution worker_pool --spoil    before the exercise has passed\n\nOnly the program goes to stdout, so it can be piped into a file."
    )]
    Solution(solution::Args),
    /// Explain the mistakes that the tests reject
    #[command(
        after_help = "Examples:\n  cargo checker mistakes worker_pool        a list\n  cargo checker mistakes worker_pool 3      run the third, show its timeline\n  cargo checker mistakes worker_pool --all --spoil\n\nTo run a mistake compiles it with the lesson's tests, which takes a few seconds."
    )]
    Mistakes(mistakes::Args),
    /// Put an exercise back as it was shipped; yours is kept
    #[command(
        after_help = "Examples:\n  cargo checker reset worker_pool           yours is kept in .checker/kept/\n  cargo checker reset worker_pool --undo    and comes back\n  cargo checker reset --all                 asks first\n\nIt needs no git, and changes nothing of what counts as done."
    )]
    Reset(reset::Args),
    /// Record quizzes that were answered on a static page
    #[command(
        after_help = "Examples:\n  cargo checker record receipt.json\n  cargo checker record receipts/*.json\n  wl-paste | cargo checker record -\n\nA page that no checker serves keeps the answers in the browser, and offers them as a receipt\nonce the quiz is answered. They are graded again; a receipt counts once, however often it comes."
    )]
    Record(record::Args),
    /// Report on quizzes and exercises, for a trainer or a program
    #[command(
        after_help = "Examples:\n  cargo checker report\n  cargo checker report worker_pool pipeline\n  cargo checker report -o report.md -o report.json -o junit.xml\n  cargo checker report --receipt receipts/pool.json\n  cargo checker report --schema\n\nRuns the exercises' tests, takes the quizzes from the progress log and from receipts, and\nrecords nothing.\nThe exit code is 0 once the report is made, whatever it says; `check` tells by its own.\n\nThe tests run the learner's code, and it can say of itself what it likes: a verdict shows honest\nwork, and does not prove it. Whoever gives marks for it looks at the code as well."
    )]
    Report(report::Args),
    /// Show where a class is, from its learners' reports
    #[command(
        after_help = "Examples:\n  cargo checker overview reports/*.json\n  cargo checker overview reports/*.json -o room.html\n\nIt reads the JSON of `cargo checker report --learner Ann -o ann.json`, prints a table, and\nwrites a page that a browser shows without a network. Nothing leaves this machine."
    )]
    Overview(overview::Args),
    /// Make a copy for learners, without the solutions
    #[command(
        after_help = "Examples:\n  cargo checker hand-out ../class\n  cargo checker hand-out ../judged --work-of ../learner\n  cargo checker hand-out ../class --vendored\n\nMade again in the same folder, it brings what is new: exercises that a learner has begun,\nhelper modules and progress stay as they are. In the copy `solution`, `mistakes` and `verify`\nsay that they are not part of it."
    )]
    HandOut(hand_out::Args),
    /// Plan a class: what is shown, solved in the room, and left for later
    #[command(
        after_help = "Examples:\n  cargo checker agenda two-days\n  cargo checker agenda --hours 5\n  cargo checker agenda one-day --lessons channels,pipeline,worker_pool\n\nMade from the minutes at the heads of the chapters and from checker/curriculum.toml, which\nsays what a class gains most from solving together. It prints Markdown."
    )]
    Agenda(agenda::Args),
    /// Build the book and serve it, live
    #[command(
        after_help = "Examples:\n  cargo checker serve\n  cargo checker serve --port 8080\n  cargo checker serve --host devbox:8000\n  cargo checker serve --address 0.0.0.0 --host localhost\n\nIt answers to the address that it prints and to the names that --host gives, and\nso a page of another site that leads its own name here learns nothing. Behind a\nforwarded port, name what stands in the browser's address; a container that\npublishes the port needs --address as well. In a dev container or a Codespace no\noption is needed, for .devcontainer/ sets COURSE_HOST."
    )]
    Serve(serve::Args),
    /// Build the book
    #[command(after_help = "Example:\n  cargo checker build")]
    Build(build::Args),
    /// Check that the course is whole (for its authors)
    #[command(after_help = "Example:\n  cargo checker verify")]
    Verify(author::Args),
    /// Print what a shell needs to complete these commands
    #[command(
        after_help = "Examples:\n  cargo checker completions bash > ~/.cargo-checker.bash\n      and in ~/.bashrc: source ~/.cargo-checker.bash\n  cargo checker completions zsh > ~/.cargo-checker.zsh\n      and in ~/.zshrc, after compinit: source ~/.cargo-checker.zsh\n  cargo checker completions fish > ~/.config/fish/conf.d/cargo-checker.fish\n\nThe lessons are completed too, as they are now. Cargo's own completions stay."
    )]
    Completions(completions::Args),
    /// Preprocess the book (mdBook calls this)
    #[command(hide = true)]
    Preprocess(preprocess::Args),
}

impl Command {
    /// Runs the command on the course that the current folder lies in.
    ///
    /// # Errors
    /// If the input is bad or the world does not play along.
    pub fn run(&self) -> Result<Exit> {
        let course = Course::find(&std::env::current_dir()?)?;
        match self {
            Self::Status(args) => status::run(args, &course),
            Self::Check(args) => check::run(args, &course),
            Self::Watch(args) => watch::run(args, &course),
            Self::Quiz(args) => quiz::run(args, &course),
            Self::Hint(args) => hint::run(args, &course),
            Self::Solution(args) => solution::run(args, &course),
            Self::Mistakes(args) => mistakes::run(args, &course),
            Self::Reset(args) => reset::run(args, &course),
            Self::Record(args) => record::run(args, &course),
            Self::Report(args) => report::run(args, &course),
            Self::Overview(args) => overview::run(args),
            Self::HandOut(args) => hand_out::run(args, &course),
            Self::Agenda(args) => agenda::run(args, &course),
            Self::Serve(args) => serve::run(args, &course),
            Self::Build(args) => build::run(args, &course),
            Self::Verify(args) => author::run(args, &course),
            Self::Completions(args) => completions::run(args, &course, Cli::command()),
            Self::Preprocess(args) => preprocess::run(args, &course),
        }
    }
}

#[cfg(test)]
mod tests {
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
