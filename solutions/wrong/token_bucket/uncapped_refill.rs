//! Mistake: the bucket has no cap: tokens gather without a bound while no task asks.
//! Rejected by: pattern::an_idle_bucket_gathers_no_more_than_it_holds
//! Learner sees: push 6 went out at 2000 ms, but its token is there only at 2100 ms

use std::error::Error;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    period: Duration,
    level: Mutex<Level>,
    line: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Level {
    gathered: Duration,
    at: Instant,
    waiting: usize,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0 && !period.is_zero());
        Self {
            burst,
            period,
            level: Mutex::new(Level {
                gathered: period * burst,
                at: Instant::now(),
                waiting: 0,
            }),
            line: tokio::sync::Mutex::new(()),
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
        let _in_line = InLine::join(self);
        let _first = self.line.lock().await;
        loop {
            let taken = self.level.lock().unwrap().take(self, cost);
            match taken {
                Ok(()) => return Ok(()),
                Err(there_at) => sleep_until(there_at).await,
            }
        }
    }

    pub fn try_take(&self, cost: u32) -> bool {
        let mut level = self.level.lock().unwrap();
        level.waiting == 0 && level.take(self, cost).is_ok()
    }
}

impl Level {
    fn take(&mut self, bucket: &TokenBucket, cost: u32) -> Result<(), Instant> {
        let now = Instant::now();
        self.gathered += now - self.at;
        self.at = now;
        let price = bucket.period * cost;
        match self.gathered.checked_sub(price) {
            Some(rest) => {
                self.gathered = rest;
                Ok(())
            }
            None => Err(now + (price - self.gathered)),
        }
    }
}

struct InLine<'a>(&'a TokenBucket);

impl<'a> InLine<'a> {
    fn join(bucket: &'a TokenBucket) -> Self {
        bucket.level.lock().unwrap().waiting += 1;
        Self(bucket)
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.level.lock().unwrap().waiting -= 1;
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
