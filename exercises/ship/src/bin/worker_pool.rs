//! Counts the words of the files named on the command line, on a fixed number of threads.
//!
//! Crates: anyhow, crossbeam-channel

use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::{env, fs, panic, thread};

use anyhow::{Context as _, Result, anyhow, ensure};
use crossbeam_channel::{Receiver, Sender, bounded};

/// Your job goes here. It may fail, and it may panic.
fn job(path: &Path) -> Result<usize> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(text.split_whitespace().count())
}

/// Takes jobs until the queue is closed and empty, or the receiver of the results is gone.
fn work(queue: &Receiver<PathBuf>, done: &Sender<(PathBuf, Result<usize>)>) {
    for path in queue {
        // A panic costs this job its result, and the pool no worker.
        let result = panic::catch_unwind(|| job(&path))
            .unwrap_or_else(|_| Err(anyhow!("{}: the job panicked", path.display())));
        if done.send((path, result)).is_err() {
            return;
        }
    }
}

fn main() -> Result<()> {
    let workers = thread::available_parallelism()?.get();
    let (queue, jobs) = bounded(2 * workers);
    let (done, results) = bounded(workers);

    let failed = thread::scope(|scope| -> Result<usize> {
        for _ in 0..workers {
            let (jobs, done) = (jobs.clone(), done.clone());
            scope.spawn(move || work(&jobs, &done));
        }
        // From here on only the workers hold these ends: `results` ends with the last worker.
        drop((jobs, done));
        scope.spawn(move || {
            for path in env::args_os().skip(1) {
                if queue.send(PathBuf::from(path)).is_err() {
                    return; // every worker is gone
                }
            }
        });

        let mut failed = 0;
        for (path, result) in results {
            match result {
                // An error here drops `results`, and that ends the workers, then the sender.
                Ok(words) => writeln!(stdout(), "{words:8}  {}", path.display())?,
                Err(error) => {
                    eprintln!("{error:#}");
                    failed += 1;
                }
            }
        }
        Ok(failed)
    })?;
    ensure!(failed == 0, "{failed} of the jobs failed");
    Ok(())
}
