//! `cargo checker`: see the library for what it does.

use std::process::ExitCode;

use checker::cli::Cli;
use checker::commands::Exit;
use clap::Parser;

fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(Exit::Passed) => ExitCode::SUCCESS,
        Ok(Exit::NotPassed) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
