//! Counts the lines of the files named on the command line, and reports its progress meanwhile.
//!
//! Crates: anyhow

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use std::{env, fs, thread};

use anyhow::{Context as _, Result, ensure};

const REPORT_EVERY: Duration = Duration::from_millis(500);

/// Your job goes here.
fn job(path: &Path) -> Result<usize> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(text.lines().count())
}

/// A file waits, is active, or is done. It moves under the lock, so it is always in one of the three.
#[derive(Clone, Default)]
struct Progress {
    waiting: VecDeque<PathBuf>,
    active: BTreeSet<PathBuf>,
    done: usize,
    failed: usize,
    lines: usize,
}

/// All code that takes the lock is in these methods. Each is brief, and only `lock` returns a guard.
#[derive(Default)]
struct Board(Mutex<Progress>);

impl Board {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().expect("no method of the board panics")
    }

    fn next(&self) -> Option<PathBuf> {
        let mut progress = self.lock();
        let path = progress.waiting.pop_front()?;
        progress.active.insert(path.clone());
        Some(path)
    }

    fn finish(&self, path: &Path, lines: Option<usize>) {
        let mut progress = self.lock();
        progress.active.remove(path);
        progress.done += 1;
        progress.failed += usize::from(lines.is_none());
        progress.lines += lines.unwrap_or(0);
    }

    /// A copy: printing it holds up no worker.
    fn snapshot(&self) -> Progress {
        self.lock().clone()
    }
}

fn work(board: &Board) {
    while let Some(path) = board.next() {
        let result = job(&path);
        board.finish(&path, result.as_ref().ok().copied());
        if let Err(error) = result {
            eprintln!("{error:#}");
        }
    }
}

fn main() -> Result<()> {
    let board = &Board::default();
    board.lock().waiting = env::args_os().skip(1).map(PathBuf::from).collect();
    let (at_work, ended) = mpsc::channel::<()>();
    let workers = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        for at_work in vec![at_work; workers] {
            scope.spawn(move || {
                work(board);
                drop(at_work);
            });
        }
        // Nothing is ever sent. The wait ends when the last worker has dropped its sender.
        while ended.recv_timeout(REPORT_EVERY) == Err(RecvTimeoutError::Timeout) {
            let now = board.snapshot();
            eprintln!("{} done, at work on {:?}", now.done, now.active);
        }
    });
    let end = board.snapshot();
    println!("{} lines in {} files", end.lines, end.done - end.failed);
    ensure!(end.failed == 0, "{} files failed", end.failed);
    Ok(())
}
