//! A gateway: a client sends the address of a server, and gets the first line that the server says.
//! Each request has one deadline. An interrupt lets open requests end, within a grace period.
//! Arguments: where to listen, a request's milliseconds, the grace period's milliseconds.
//!
//! Crates: anyhow, tokio (io-util, macros, net, rt-multi-thread, signal, time), tokio-util (rt)

use std::env;
use std::io::{Write as _, stdout};
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{self, Instant, timeout, timeout_at};
use tokio::{select, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A reply to a client that does not read is given up after this time.
const REPLY: Duration = Duration::from_secs(1);

async fn line(from: &mut TcpStream) -> Result<String> {
    let mut line = String::new();
    BufReader::new(from.take(1024)).read_line(&mut line).await?;
    ensure!(line.ends_with('\n'), "the line does not end");
    Ok(line)
}

/// Your request goes here: several calls, and the same moment for each.
async fn request(client: &mut TcpStream, deadline: Instant) -> Result<String> {
    let address = timeout_at(deadline, line(client))
        .await
        .context("client")??;
    let server = TcpStream::connect(address.trim_end());
    let mut server = timeout_at(deadline, server).await.context("connect")??;
    timeout_at(deadline, line(&mut server))
        .await
        .context("server")?
}

async fn serve(mut client: TcpStream, deadline: Instant, stop: CancellationToken) -> Result<()> {
    let request = request(&mut client, deadline);
    let reply = match stop.run_until_cancelled(request).await {
        Some(Ok(answer)) => answer,
        Some(Err(error)) => format!("error: {error:#}\n"),
        None => "error: shutting down\n".to_owned(),
    };
    // The last word has a limit of its own: the deadline may have passed, or the token be cancelled.
    let last_word = timeout(REPLY, client.write_all(reply.as_bytes()));
    last_word.await.context("a client does not read")??;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [address, limit, grace] = arguments.as_slice() else {
        bail!("three arguments: address, limit, grace period");
    };
    let limit = Duration::from_millis(limit.parse()?);
    let grace = Duration::from_millis(grace.parse()?);
    let listener = TcpListener::bind(address).await.context("cannot listen")?;
    writeln!(stdout(), "{}", listener.local_addr()?)?;

    let (stop, requests) = (CancellationToken::new(), TaskTracker::new());
    let mut interrupted = pin!(signal::ctrl_c());
    loop {
        let client = select! {
            biased;
            _ = &mut interrupted => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((client, _)) = client else {
            time::sleep(Duration::from_millis(100)).await; // too many files are open, perhaps
            continue;
        };
        let request = serve(client, Instant::now() + limit, stop.clone());
        requests.spawn(async move {
            if let Err(error) = request.await {
                eprintln!("{error:#}");
            }
        });
    }
    // Accept no more, wait, tell those that are left, and wait for them.
    drop(listener);
    requests.close();
    eprintln!("no more requests; {} are open", requests.len());
    if timeout(grace, requests.wait()).await.is_err() {
        stop.cancel();
        requests.wait().await;
    }
    Ok(())
}
