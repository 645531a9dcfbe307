//! Runs a command for each line of its input, at most so many at once: `semaphore 4 gzip --keep`.
//! An interrupt starts no other command, and waits for those that run.
//!
//! Crates: anyhow, tokio (macros, process, rt, signal, sync)

use std::pin::pin;
use std::process::Stdio;
use std::sync::Arc;
use std::{env, io, thread};

use anyhow::{Context as _, Result, anyhow, ensure};
use tokio::process::Command;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinError, JoinSet};
use tokio::{select, signal};

/// Your job goes here. It may fail, and it may panic.
async fn job(command: &[String], line: &str) -> Result<()> {
    let mut process = Command::new(&command[0]);
    process.args(&command[1..]).arg(line).stdin(Stdio::null());
    let status = process.status().await.context("not started")?;
    ensure!(status.success(), "{status}");
    Ok(())
}

/// The lines of the input. A thread reads them, because a read of a terminal cannot be dropped.
fn input() -> mpsc::Receiver<io::Result<String>> {
    let (lines, input) = mpsc::channel(1);
    thread::spawn(move || {
        for line in io::stdin().lines() {
            if lines.blocking_send(line).is_err() {
                return; // no more lines are wanted
            }
        }
    });
    input
}

fn failures(ended: Result<Result<()>, JoinError>) -> usize {
    let result = ended.context("a job panicked").flatten();
    result
        .inspect_err(|error| eprintln!("{error:#}"))
        .is_err()
        .into()
}

// On one thread, no job runs before the interrupt is listened for.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let at_once = arguments.next().context("how many at once?")?.parse()?;
    let command: Arc<[String]> = arguments.collect();
    ensure!(at_once > 0 && !command.is_empty(), "no command");

    let places = Arc::new(Semaphore::new(at_once));
    let (mut input, mut jobs, mut failed) = (input(), JoinSet::new(), 0);
    let mut interrupted = pin!(signal::ctrl_c());
    let end = loop {
        // A permit first, then a line. Dropped half-way, it gives the permit back and loses no line.
        let next = async {
            let permit = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((permit, input.recv().await?))
        };
        select! {
            _ = &mut interrupted => break Err(anyhow!("interrupted")),
            // Emptied as it goes: a set keeps the results of what has ended.
            Some(ended) = jobs.join_next() => failed += failures(ended),
            next = next => match next {
                None => break Ok(()),
                Some((_, Err(error))) => break Err(error).context("the input"),
                Some((permit, Ok(line))) => {
                    let command = Arc::clone(&command);
                    jobs.spawn(async move {
                        let _permit = permit;
                        job(&command, &line).await.context(line)
                    });
                }
            }
        }
    };
    eprintln!("no more lines; {} still run", jobs.len());
    while let Some(ended) = jobs.join_next().await {
        failed += failures(ended);
    }
    ensure!(failed == 0, "{failed} of the jobs failed");
    end
}
