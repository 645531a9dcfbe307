//! Adds up a file of lines `name,cents`: reads, parses and prints at the same time.
//!
//! Crates: anyhow

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _, stdout};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::{env, thread};

use anyhow::{Context as _, Result, anyhow};

/// How many items may wait between two stages.
const ROOM: usize = 64;

struct Entry {
    name: String,
    cents: i64,
}

fn read(path: &Path, lines: &SyncSender<Result<String>>) {
    let file = match File::open(path).with_context(|| path.display().to_string()) {
        Ok(file) => file,
        Err(error) => {
            // An error is an item, in its place. If the next stage is gone, it is not missed.
            let _ = lines.send(Err(error));
            return;
        }
    };
    for line in BufReader::new(file).lines() {
        let line = line.with_context(|| path.display().to_string());
        let last = line.is_err();
        if lines.send(line).is_err() || last {
            return;
        }
    }
}

fn parse(lines: Receiver<Result<String>>, entries: &SyncSender<Result<Entry>>) {
    for (number, line) in (1..).zip(lines) {
        let entry = line.and_then(|line| entry(&line).with_context(|| format!("line {number}")));
        if entries.send(entry).is_err() {
            return; // dropping `lines` tells the reader
        }
    }
}

fn entry(line: &str) -> Result<Entry> {
    let (name, cents) = line.split_once(',').context("no comma")?;
    let (name, cents) = (name.to_owned(), cents.trim().parse()?);
    Ok(Entry { name, cents })
}

/// Takes the receiver, so that every return hangs up.
fn print(entries: Receiver<Result<Entry>>) -> Result<()> {
    let mut total = 0_i64;
    for entry in entries {
        let Entry { name, cents } = entry?; // or count the bad lines, and go on
        total = total.checked_add(cents).context("the sum is too large")?;
        writeln!(stdout(), "{total:10}  {name}")?;
    }
    Ok(())
}

fn main() -> Result<()> {
    let path = env::args_os().nth(1).context("usage: pipeline FILE")?;
    let path = PathBuf::from(path);
    let (to_parse, lines) = sync_channel(ROOM);
    let (to_print, entries) = sync_channel(ROOM);
    let reader = thread::spawn(move || read(&path, &to_parse));
    let parser = thread::spawn(move || parse(lines, &to_print));

    let printed = print(entries);
    // Join both, then look: a stage that panicked has ended its output early, and only `join` knows.
    for ended in [reader.join(), parser.join()] {
        ended.map_err(|_| anyhow!("a stage panicked, and the output is not complete"))?;
    }
    printed
}
