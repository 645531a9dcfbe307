//! `cargo checker`: see the library for what it does.

use std::process::ExitCode;

use checker::cli::Cli;
use checker::commands::exit_code;
use clap::Parser;

fn main() -> ExitCode {
    let result = Cli::parse().command.run();
    if let Err(error) = &result {
        eprintln!("error: {error:#}");
    }
    exit_code(&result).into()
}
