//! Waits for a line from each server named on the command line. The first error stops the rest, as
//! an interrupt does, and each task that is stopped says goodbye to its server.
//!
//! Crates: anyhow, tokio (io-util, macros, net, rt, signal, time), tokio-util (rt)

use std::env;
use std::io::{Write as _, stdout};
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::{select, signal, time};
use tokio_util::sync::CancellationToken;

/// How long the tasks may take to tidy up.
const GRACE: Duration = Duration::from_secs(5);

/// Your job goes here. It is dropped at an `.await` when the task is told to stop.
async fn job(server: &mut TcpStream) -> Result<String> {
    let mut line = String::new();
    BufReader::new(server.take(1024))
        .read_line(&mut line)
        .await?;
    ensure!(line.ends_with('\n'), "it hung up");
    Ok(line)
}

async fn task(address: &str, stop: CancellationToken) -> Result<()> {
    let connecting = stop.run_until_cancelled(TcpStream::connect(address));
    let Some(server) = connecting.await else {
        return Ok(());
    };
    let mut server = server?;
    match stop.run_until_cancelled(job(&mut server)).await {
        Some(line) => write!(stdout(), "{address}: {}", line?)?,
        // The last word, which needs an `.await`.
        None => server.write_all(b"goodbye\n").await?,
    }
    Ok(())
}

/// The first error, when all tasks are gone.
async fn wait(mut tasks: JoinSet<Result<()>>, stop: &CancellationToken) -> Result<()> {
    let mut first = Ok(());
    let mut interrupted = pin!(signal::ctrl_c());
    let mut too_late = pin!(async {
        stop.cancelled().await;
        time::sleep(GRACE).await;
    });
    loop {
        let ended = select! {
            heard = &mut interrupted, if !stop.is_cancelled() => {
                heard.map_err(Into::into).and(Err(anyhow!("interrupted")))
            }
            () = &mut too_late => {
                tasks.shutdown().await;
                return first;
            }
            ended = tasks.join_next() => match ended {
                Some(ended) => ended.context("a task panicked").flatten(),
                None => return first,
            },
        };
        if ended.is_err() {
            stop.cancel();
        }
        first = first.and(ended);
    }
}

// On one thread, no task runs before the interrupt is listened for.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    for address in env::args().skip(1) {
        let stop = stop.clone();
        tasks.spawn(async move { task(&address, stop).await.context(address) });
    }
    wait(tasks, &stop).await
}
