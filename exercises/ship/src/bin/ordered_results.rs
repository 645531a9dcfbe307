//! Counts the words of the files named on the command line, and prints them in that order.
//!
//! Crates: anyhow, futures, tokio (rt)

use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::{env, fs, thread};

use anyhow::{Context as _, Result, ensure};
use futures::stream::{self, StreamExt as _};
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;

/// Your job goes here. It may fail, and it may panic.
fn job(path: &Path) -> Result<usize> {
    let text = fs::read_to_string(path)?;
    Ok(text.split_whitespace().count())
}

/// Prints the results in the order of `paths`, with at most `window` files under way.
async fn in_order(paths: impl Iterator<Item = PathBuf>, window: usize) -> Result<()> {
    let jobs = stream::iter(paths).map(|path| {
        let name = path.display().to_string();
        // Started here, not when it is awaited: it goes on while a result is printed.
        let result = spawn_blocking(move || job(&path));
        async move {
            // A panic comes out of `await` as an error. It fills its place like any other result.
            let words = result.await.context("the job panicked");
            (name, words.flatten())
        }
    });
    let mut results = pin!(jobs.buffered(window));
    let mut failed = 0;
    while let Some((name, result)) = results.next().await {
        match result {
            // An error here drops the stream: no further path is read.
            Ok(words) => writeln!(stdout(), "{words:8}  {name}")?,
            Err(error) => {
                eprintln!("{name}: {error:#}");
                failed += 1;
            }
        }
    }
    ensure!(failed == 0, "{failed} of the jobs failed");
    Ok(())
}

fn main() -> Result<()> {
    let workers = thread::available_parallelism()?.get();
    let runtime = Builder::new_current_thread()
        .max_blocking_threads(workers)
        .build()?;
    let paths = env::args_os().skip(1).map(PathBuf::from);
    // Dropping the runtime waits for the jobs that run; those that wait for a thread never start.
    runtime.block_on(in_order(paths, 4 * workers))
}
