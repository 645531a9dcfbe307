//! Design: the crate `governor` does the counting, on a clock that reads tokio's time; the line is tokio's mutex.
//! Crates: governor = { version = "0.10", default-features = false, features = ["std"] }

use std::error::Error;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::{Instant, sleep};

/// Governor's own clocks tell real time, and so do the timers of its `until_ready`, which a paused
/// test would wait for in vain. It takes any other clock, and to wait is our part.
#[derive(Debug, Clone)]
struct TokiosClock {
    start: Instant,
}

impl Clock for TokiosClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.start.elapsed().into()
    }
}

#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    clock: TokiosClock,
    limiter: Arc<RateLimiter<NotKeyed, InMemoryState, TokiosClock, NoOpMiddleware<Nanos>>>,
    line: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        let size = NonZeroU32::new(burst).expect("a bucket has room");
        let quota = Quota::with_period(period)
            .expect("a period is not zero")
            .allow_burst(size);
        let clock = TokiosClock {
            start: Instant::now(),
        };
        Self {
            burst,
            limiter: Arc::new(RateLimiter::direct_with_clock(quota, clock.clone())),
            clock,
            line: tokio::sync::Mutex::new(()),
            waiting: AtomicUsize::new(0),
        }
    }

    pub async fn take(&self, cost: u32) -> Result<(), TooExpensive> {
        if cost > self.burst {
            let burst = self.burst;
            return Err(TooExpensive { cost, burst });
        }
        if self.try_take(cost) {
            return Ok(());
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _leave = Leave(&self.waiting);
        let _first = self.line.lock().await;
        while let Err(wait) = self.check(cost) {
            sleep(wait).await;
        }
        Ok(())
    }

    pub fn try_take(&self, cost: u32) -> bool {
        cost <= self.burst && self.waiting.load(Ordering::Relaxed) == 0 && self.check(cost).is_ok()
    }

    /// Takes the tokens, or says how long they will be.
    fn check(&self, cost: u32) -> Result<(), Duration> {
        let Some(cost) = NonZeroU32::new(cost) else {
            return Ok(());
        };
        match self.limiter.check_n(cost) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_until)) => Err(not_until.wait_time_from(self.clock.now())),
            Err(_) => unreachable!("the cost is at most the burst"),
        }
    }
}

struct Leave<'a>(&'a AtomicUsize);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooExpensive {
    pub cost: u32,
    pub burst: u32,
}

impl fmt::Display for TooExpensive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cost, burst } = self;
        write!(f, "a cost of {cost} tokens, but the bucket holds {burst}")
    }
}

impl Error for TooExpensive {}
