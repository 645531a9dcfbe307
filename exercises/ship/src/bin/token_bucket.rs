//! Admits requests with a token bucket for each customer. A client sends lines like `anna 3`, a
//! customer and a cost, and reads `ok`, or when to ask again.
//!
//! Crates: anyhow, governor, tokio (io-util, macros, net, rt-multi-thread, signal, sync, time)

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::{select, signal, time};

type Buckets = DefaultKeyedRateLimiter<String>;

/// In HTTP, "retry after" is a `429 Too Many Requests` with the header `Retry-After`.
fn answer(buckets: &Buckets, line: &str) -> Option<String> {
    let (customer, cost) = line.split_once(' ')?;
    let cost: NonZeroU32 = cost.trim().parse().ok()?;
    Some(match buckets.check_key_n(&customer.to_owned(), cost) {
        Ok(Ok(())) => "ok".to_owned(),
        Ok(Err(not_until)) => {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            format!("retry after {} ms", wait.as_millis() + 1) // rounded up
        }
        Err(capacity) => format!("never: a bucket holds {}", capacity.0),
    })
}

async fn serve_one(mut client: TcpStream, buckets: Arc<Buckets>) -> Result<()> {
    let (requests, mut answers) = client.split();
    let mut requests = BufReader::new(requests).take(0);
    loop {
        let mut line = String::new();
        requests.set_limit(256);
        time::timeout(Duration::from_secs(30), requests.read_line(&mut line)).await??;
        if !line.ends_with('\n') {
            return Ok(()); // the client has hung up, or its line is too long
        }
        let answer = answer(&buckets, &line).unwrap_or_else(|| "not understood".to_owned());
        answers.write_all(format!("{answer}\n").as_bytes()).await?;
    }
}

async fn serve(listener: TcpListener, buckets: Arc<Buckets>) -> Result<()> {
    let places = Arc::new(Semaphore::new(1000));
    let mut clients = JoinSet::new(); // dropping it ends them
    loop {
        let place = Arc::clone(&places).acquire_owned().await?;
        let (client, from) = listener.accept().await?;
        let buckets = Arc::clone(&buckets);
        clients.spawn(async move {
            let _place = place;
            if let Err(error) = serve_one(client, buckets).await {
                eprintln!("{from}: {error:#}");
            }
        });
        while clients.try_join_next().is_some() {} // forget those that have ended
    }
}

/// A bucket that is full again looks like a new one, so its customer can be forgotten.
async fn sweep(buckets: &Buckets) {
    let mut minutes = time::interval(Duration::from_mins(1));
    loop {
        minutes.tick().await;
        buckets.retain_recent();
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |name| arguments.next().context(name);
    let listener = TcpListener::bind(next("address, such as localhost:4000")?).await?;
    let period = Duration::from_millis(next("milliseconds for a token")?.parse()?);
    let burst = next("tokens in a full bucket")?.parse()?;
    let quota = Quota::with_period(period).context("a period is not zero")?;
    let buckets = Arc::new(RateLimiter::keyed(quota.allow_burst(burst)));

    println!("listening on {}", listener.local_addr()?);
    select! {
        biased; // be ready for an interrupt before the first client comes
        interrupted = signal::ctrl_c() => Ok(interrupted?),
        served = serve(listener, Arc::clone(&buckets)) => served,
        () = sweep(&buckets) => Ok(()),
    }
}
