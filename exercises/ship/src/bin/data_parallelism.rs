//! Counts the words of a file on all cores, and prints the ten most frequent.
//!
//! Crates: anyhow, rayon

use std::cmp::Reverse;
use std::collections::HashMap;
use std::io::{Write as _, stdout};
use std::{env, fs};

use anyhow::{Context as _, Result};
use rayon::prelude::*;

/// What is known of some lines that follow one another. Yours goes here.
#[derive(Default)]
struct Summary<'a> {
    words: HashMap<&'a str, u64>,
}

impl<'a> Summary<'a> {
    /// With one more line, behind those that are in it.
    fn and_line(mut self, line: &'a str) -> Self {
        for word in line.split_whitespace() {
            *self.words.entry(word).or_default() += 1;
        }
        self
    }

    /// Both together, `later` behind this one. It must not matter which neighbours meet first, and
    /// together with `default()` a summary must stay what it was.
    fn and(mut self, mut later: Self) -> Self {
        // The smaller map goes into the larger one. Sums allow that; lists would not.
        if self.words.len() < later.words.len() {
            std::mem::swap(&mut self, &mut later);
        }
        for (word, count) in later.words {
            *self.words.entry(word).or_default() += count;
        }
        self
    }
}

fn summarise(text: &str) -> Summary<'_> {
    text.par_lines()
        .fold(Summary::default, Summary::and_line)
        .reduce(Summary::default, Summary::and)
}

fn main() -> Result<()> {
    let path = env::args_os()
        .nth(1)
        .context("usage: words <file>; which file?")?;
    let text =
        fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut words: Vec<_> = summarise(&text).words.into_iter().collect();
    // By word where counts are equal, so that each run prints the same.
    words.par_sort_unstable_by_key(|(word, count)| (Reverse(*count), *word));
    for (word, count) in words.iter().take(10) {
        writeln!(stdout(), "{count:8}  {word}")?;
    }
    Ok(())
}
