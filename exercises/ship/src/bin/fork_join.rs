//! Counts the lines, words and bytes of a file, in as many pieces as there are cores.
//!
//! Crates: anyhow

use std::io::{Write as _, stdout};
use std::iter::Sum;
use std::num::NonZeroUsize;
use std::{env, fs, panic, thread};

use anyhow::{Context as _, Result};

/// What is counted. Yours goes here: it must not matter where the text was cut.
#[derive(Default)]
struct Count {
    lines: usize,
    words: usize,
    bytes: usize,
}

impl Count {
    fn of(piece: &str) -> Self {
        Self {
            lines: piece.lines().count(),
            words: piece.split_whitespace().count(),
            bytes: piece.len(),
        }
    }
}

impl Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |all, one| Self {
            lines: all.lines + one.lines,
            words: all.words + one.words,
            bytes: all.bytes + one.bytes,
        })
    }
}

/// Cuts `text` into at most so many pieces, each behind the end of a line.
fn pieces(mut text: &str, most: NonZeroUsize) -> Vec<&str> {
    let size = text.len().div_ceil(most.get()).max(1);
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let mut ends = text.bytes().enumerate().skip(size - 1);
        let end = ends.find(|(_, byte)| *byte == b'\n');
        // No character has a line's end inside it, so this cuts none in two.
        let (piece, rest) = text.split_at(end.map_or(text.len(), |(at, _)| at + 1));
        pieces.push(piece);
        text = rest;
    }
    pieces
}

fn count(text: &str, parts: NonZeroUsize) -> Count {
    thread::scope(|scope| {
        let threads: Vec<_> = pieces(text, parts)
            .into_iter()
            .map(|piece| scope.spawn(move || Count::of(piece)))
            .collect();
        // A panic of a part goes on here, with the words that it had there.
        let join = |ended: thread::Result<Count>| {
            ended.unwrap_or_else(|payload| panic::resume_unwind(payload))
        };
        threads.into_iter().map(|thread| join(thread.join())).sum()
    })
}

fn main() -> Result<()> {
    let path = env::args_os()
        .nth(1)
        .context("usage: count <file>; which file?")?;
    let text =
        fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let parts = thread::available_parallelism()?;
    let Count {
        lines,
        words,
        bytes,
    } = count(&text, parts);
    writeln!(stdout(), "{lines} {words} {bytes}")?;
    Ok(())
}
