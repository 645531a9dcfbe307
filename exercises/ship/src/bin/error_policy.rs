//! Runs shell commands side by side. At the first failure it stops the others; with `--keep-going` it
//! lets them end and names all that failed.
//!
//! Crates: anyhow, tokio (macros, process, rt, signal)

use std::env;
use std::process::ExitCode;

use anyhow::{Context as _, Error, Result, bail};
use tokio::process::Command;
use tokio::signal::ctrl_c;
use tokio::task::JoinSet;

/// Your job goes here. It is dropped in the middle when the group is cancelled, which kills the shell: a
/// command that is to end with it begins with `exec`.
async fn job(command: &str) -> Result<()> {
    let status = Command::new("sh")
        .args(["-c", command])
        .kill_on_drop(true)
        .status()
        .await?;
    if !status.success() {
        bail!("{status}");
    }
    Ok(())
}

fn start(commands: Vec<String>) -> JoinSet<Result<()>> {
    let mut jobs = JoinSet::new();
    for command in commands {
        jobs.spawn(async move { job(&command).await.context(command) });
    }
    jobs
}

/// The first failure, once all other jobs are gone.
async fn fail_fast(mut jobs: JoinSet<Result<()>>) -> Result<(), Vec<Error>> {
    while let Some(ended) = jobs.join_next().await {
        // The outer layer says whether the task panicked, the inner one what the job says.
        if let Err(error) = ended.map_err(Error::from).flatten() {
            jobs.shutdown().await;
            return Err(vec![error]);
        }
    }
    Ok(())
}

/// All failures, once all jobs have ended.
async fn collect_all(mut jobs: JoinSet<Result<()>>) -> Result<(), Vec<Error>> {
    let mut failures = Vec::new();
    while let Some(ended) = jobs.join_next().await {
        failures.extend(ended.map_err(Error::from).flatten().err());
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (options, commands): (Vec<_>, Vec<_>) =
        env::args().skip(1).partition(|word| word.starts_with("--"));
    let keep_going = options == ["--keep-going"];
    if commands.is_empty() || !(options.is_empty() || keep_going) {
        eprintln!("usage: side_by_side [--keep-going] <command>…");
        return ExitCode::from(2);
    }

    let jobs = start(commands);
    let ended = async {
        if keep_going {
            collect_all(jobs).await
        } else {
            fail_fast(jobs).await
        }
    };
    let failures = tokio::select! {
        ended = ended => ended.err().unwrap_or_default(),
        // The group is dropped, and with it each job and its process.
        _ = ctrl_c() => vec![Error::msg("interrupted")],
    };
    for failure in &failures {
        eprintln!("{failure:#}");
    }
    if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
