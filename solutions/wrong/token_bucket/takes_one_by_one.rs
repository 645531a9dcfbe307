//! Mistake: it takes three tokens by taking one three times, so whoever gives up in between has lost what it had.
//! Rejected by: pattern::a_task_that_gives_up_has_taken_nothing
//! Learner sees: push 1 went out at 300 ms, though its token was there at 250 ms

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
        let mut missing = cost;
        while missing > 0 {
            let taken = self.level.lock().unwrap().take(self, 1);
            match taken {
                Ok(()) => missing -= 1,
                Err(there_at) => sleep_until(there_at).await,
            }
        }
        Ok(())
    }

    pub fn try_take(&self, cost: u32) -> bool {
        let mut level = self.level.lock().unwrap();
        level.waiting == 0 && level.take(self, cost).is_ok()
    }
}

impl Level {
    fn take(&mut self, bucket: &TokenBucket, cost: u32) -> Result<(), Instant> {
        let now = Instant::now();
        let full = bucket.period * bucket.burst;
        self.gathered = full.min(self.gathered + (now - self.at));
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
