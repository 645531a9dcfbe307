//! Mistake: a task that waits looks every millisecond whether its tokens are there.
//! Rejected by: pattern::a_task_that_waits_sleeps_until_its_tokens_are_there
//! Learner sees: e-mail waited 500 ms for its 5 tokens and looked 501 times whether they were there, instead of sleeping until then

use std::error::Error;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooExpensive {
    pub cost: u32,
    pub burst: u32,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0, "a bucket without room would let nothing through");
        assert!(!period.is_zero(), "tokens without a period have no rate");
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
            // The guard is gone before the sleep: it is a temporary of this statement.
            let taken = self.level().take(self, cost);
            match taken {
                Ok(()) => return Ok(()),
                Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    }

    pub fn try_take(&self, cost: u32) -> bool {
        let mut level = self.level();
        level.waiting == 0 && level.take(self, cost).is_ok()
    }

    fn level(&self) -> MutexGuard<'_, Level> {
        // Nothing that is done under the lock panics.
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
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
            None => Err(now + price.saturating_sub(self.gathered)),
        }
    }
}

struct InLine<'a>(&'a TokenBucket);

impl<'a> InLine<'a> {
    fn join(bucket: &'a TokenBucket) -> Self {
        bucket.level().waiting += 1;
        Self(bucket)
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.level().waiting -= 1;
    }
}

impl fmt::Display for TooExpensive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cost, burst } = self;
        write!(f, "a cost of {cost} tokens, but the bucket holds {burst}")
    }
}

impl Error for TooExpensive {}
