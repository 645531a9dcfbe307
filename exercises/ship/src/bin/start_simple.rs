//! Says which of some addresses accept a connection, and how soon: a few jobs that wait, with a thread
//! for each.
//!
//! Crates: anyhow

use std::io::{Write as _, stdout};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context as _, Result, anyhow, ensure};

/// For how long a job waits for a connection. To look up the name may take longer.
const LIMIT: Duration = Duration::from_secs(2);

/// A thread each is right for dozens of jobs. For more, bound it.
const MOST: usize = 64;

/// Your job goes here. It may fail, and it may panic.
fn job(address: &str) -> Result<Duration> {
    let began = Instant::now();
    let mut found = address.to_socket_addrs().context("no such host")?;
    let first = found.next().context("the host has no address")?;
    TcpStream::connect_timeout(&first, LIMIT)?;
    Ok(began.elapsed())
}

/// Runs all jobs at the same time. Results come in the order of the addresses.
fn all(addresses: &[String]) -> Vec<Result<Duration>> {
    thread::scope(|scope| {
        // All of them are started before the first one is joined.
        let threads: Vec<_> = addresses
            .iter()
            .map(|address| scope.spawn(|| job(address)))
            .collect();
        let panicked = |_| anyhow!("the job panicked");
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(panicked).flatten())
            .collect()
    })
}

fn main() -> Result<()> {
    let addresses: Vec<String> = env::args().skip(1).collect();
    ensure!(
        addresses.len() <= MOST,
        "at most {MOST} addresses at a time"
    );
    let mut failed = 0;
    for (address, result) in addresses.iter().zip(all(&addresses)) {
        match result {
            Ok(took) => writeln!(stdout(), "{address}  {} ms", took.as_millis())?,
            Err(error) => {
                eprintln!("{address}: {error:#}");
                failed += 1;
            }
        }
    }
    ensure!(failed == 0, "{failed} of {} do not answer", addresses.len());
    Ok(())
}
