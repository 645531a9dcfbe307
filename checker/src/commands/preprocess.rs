use std::io::{IsTerminal, Read, Write};

use anyhow::{Context, Result, bail};
use mdbook_preprocessor::Preprocessor;

use super::Exit;
use crate::book::{CoursePreprocessor, Edition};
use crate::course::Course;

/// The book's preprocessor, as mdBook calls it: the book comes in as JSON and goes out as JSON.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    question: Option<Question>,
}

#[derive(Debug, clap::Subcommand)]
enum Question {
    /// Whether the preprocessor works for a renderer
    Supports {
        /// The renderer's name
        renderer: String,
    },
}

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    if let Some(Question::Supports { renderer }) = &args.question {
        return Ok(match renderer.as_str() {
            "html" => Exit::Passed,
            _ => Exit::NotPassed,
        });
    }
    let input = std::io::stdin();
    if input.is_terminal() {
        bail!(
            "`preprocess` is for mdBook, which gives it the book as JSON. \
             To build the book, run `cargo checker build` or `mdbook build`."
        );
    }
    preprocess(course, input.lock(), std::io::stdout().lock())
}

fn preprocess(course: &Course, input: impl Read, mut output: impl Write) -> Result<Exit> {
    let (context, book) = mdbook_preprocessor::parse_input(input).context(
        "what came in is not a book as mdBook 0.5 writes it; `mdbook --version` tells which it is",
    )?;
    let book = CoursePreprocessor::new(course.clone(), Edition::Learners).run(&context, book)?;
    serde_json::to_writer(&mut output, &book)?;
    output.flush()?;
    Ok(Exit::Passed)
}
