//! Counts the lines of the files named on the command line, until it is done or told to stop.
//!
//! Crates: anyhow, signal-hook

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::{env, fs, thread};

use anyhow::{Context as _, Result, ensure};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Your job goes here.
fn job(path: &Path) -> Result<usize> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(text.lines().count())
}

/// Each number means only itself, so `Relaxed` is enough for all of them.
#[derive(Default)]
struct Totals {
    /// How many files were handed out, and then some: each worker asks once too often.
    tickets: AtomicUsize,
    done: AtomicUsize,
    lines: AtomicUsize,
}

fn work(files: &[PathBuf], totals: &Totals, stop: &AtomicBool) {
    while !stop.load(Relaxed) {
        // No two workers get the same ticket.
        let Some(path) = files.get(totals.tickets.fetch_add(1, Relaxed)) else {
            return;
        };
        match job(path) {
            Ok(lines) => {
                totals.lines.fetch_add(lines, Relaxed);
                totals.done.fetch_add(1, Relaxed);
            }
            Err(error) => eprintln!("{error:#}"),
        }
    }
}

fn main() -> Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The first signal sets the flag. A second one finds it set, and ends the program at once.
        flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop))?;
        flag::register(signal, Arc::clone(&stop))?;
    }
    let files: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let totals = Totals::default();
    let workers = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| work(&files, &totals, &stop));
        }
    });
    // The scope has joined the workers: all that they did happens before these loads.
    let (lines, done) = (totals.lines.load(Relaxed), totals.done.load(Relaxed));
    println!("{lines} lines in {done} of {} files", files.len());
    ensure!(!stop.load(Relaxed), "stopped by a signal");
    ensure!(done == files.len(), "{} files failed", files.len() - done);
    Ok(())
}
