//! The command line.

use clap::Parser;

use crate::commands::Command;

/// Concurrency Patterns in Rust: grades exercises and quizzes, serves the book.
#[derive(Debug, Parser)]
#[command(name = "cargo checker", bin_name = "cargo checker", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}
