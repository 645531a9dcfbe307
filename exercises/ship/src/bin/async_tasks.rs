//! Asks all servers named on the command line at once for the first line that they say, and prints
//! each answer as it comes. An interrupt drops the questions that are still open.
//!
//! Crates: anyhow, futures (std), tokio (io-util, macros, net, rt, signal, time)

use std::env;
use std::io::{Write as _, stdout};
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::{select, signal, time};

/// How long one server may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Your question goes here. It may be dropped at each `.await`.
async fn question(address: &str) -> Result<String> {
    let server = BufReader::new(TcpStream::connect(address).await?);
    let mut answer = String::new();
    server.take(1024).read_line(&mut answer).await?;
    ensure!(!answer.is_empty(), "it hung up");
    Ok(answer.trim_end().to_owned())
}

/// A question that says whose it is and ends in time.
async fn ask(address: &str) -> Result<String> {
    let answer = time::timeout(PATIENCE, question(address)).await;
    let answer = answer.context("no answer in time").flatten();
    let answer = answer.with_context(|| address.to_owned())?;
    Ok(format!("{address}: {answer}"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let addresses: Vec<String> = env::args().skip(1).collect();
    // They borrow the addresses: no task, no clone, no `Arc`.
    let mut asking: FuturesUnordered<_> = addresses.iter().map(|address| ask(address)).collect();
    let mut interrupted = pin!(signal::ctrl_c());
    let mut failed = 0;
    loop {
        // `next` is cancel safe: what it has not handed out stays in `asking`.
        let answer = select! {
            biased;
            signal = &mut interrupted => {
                signal.context("no interrupt can be heard")?;
                bail!("interrupted with {} questions open", asking.len());
            }
            answer = asking.next() => answer,
        };
        match answer {
            Some(Ok(answer)) => writeln!(stdout(), "{answer}")?,
            Some(Err(error)) => {
                eprintln!("{error:#}");
                failed += 1;
            }
            None => break,
        }
    }
    ensure!(failed == 0, "{failed} of the questions failed");
    Ok(())
}
