//! Asks servers, each an argument like `localhost:4000`, for the first line that they say: one
//! request in a period, and a bound on how many are open. An interrupt lets the open ones end.
//!
//! Crates: anyhow, governor, tokio (io-util, macros, net, rt, signal, sync, time)

use std::env;
use std::io::{Write as _, stdout};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::task::JoinSet;
use tokio::{select, signal, time};

/// Your request goes here.
async fn request(address: &str) -> Result<String> {
    let server = BufReader::new(TcpStream::connect(address).await?);
    let mut answer = String::new();
    server.take(1024).read_line(&mut answer).await?;
    Ok(format!("{address}: {}", answer.trim_end()))
}

/// One account at the other end: all requests to it go through one of these.
struct Client {
    line: Mutex<()>,
    places: Semaphore,
    turns: DefaultDirectRateLimiter,
}

impl Client {
    async fn ask(&self, address: &str) -> Result<String> {
        let _place = self.admitted().await?;
        let answer = time::timeout(Duration::from_secs(10), request(address));
        answer.await.context("no answer in time")?
    }

    /// Waits in line, for a place first: a turn is a moment, and must not grow old.
    async fn admitted(&self) -> Result<SemaphorePermit<'_>> {
        let _first = self.line.lock().await;
        let place = self.places.acquire().await.context("not sent")?;
        self.turns.until_ready().await;
        Ok(place)
    }
}

// On one thread, no request is made before the interrupt is listened for.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let mut next = |name| arguments.next().context(name);
    let period = Duration::from_millis(next("milliseconds between requests")?.parse()?);
    let places = next("requests open at once")?.parse()?;
    let quota = Quota::with_period(period).context("a period is not zero")?;
    let client = Arc::new(Client {
        line: Mutex::new(()),
        places: Semaphore::new(places),
        turns: RateLimiter::direct(quota), // a burst of one
    });

    let mut requests = JoinSet::new();
    for address in arguments {
        let client = Arc::clone(&client);
        requests.spawn(async move { client.ask(&address).await.context(address) });
    }
    let mut failed = 0;
    let mut interrupted = pin!(signal::ctrl_c());
    loop {
        let ended = select! {
            biased;
            _ = &mut interrupted, if !client.places.is_closed() => {
                client.places.close(); // no caller gets a place any more
                continue;
            }
            ended = requests.join_next() => ended,
        };
        let Some(ended) = ended else { break };
        match ended.context("a request panicked").flatten() {
            Ok(answer) => writeln!(stdout(), "{answer}")?,
            Err(error) => {
                eprintln!("{error:#}");
                failed += 1;
            }
        }
    }
    ensure!(failed == 0, "{failed} of the requests failed");
    Ok(())
}
