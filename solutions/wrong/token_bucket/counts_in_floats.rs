//! Mistake: it counts fractions of a token in floating point: ten times 0.3 is a little less than 3, and a sleep for what is missing is too short to be one.
//! Rejected by: pattern::asking_often_does_not_put_the_next_token_off
//! Learner sees: at 300 ms there are tokens for offer at 300 ms, which costs 1, but `try_take` said no

use std::error::Error;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
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
    gathered: f64,
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
                gathered: f64::from(burst),
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
                Err(there_at) => sleep_until(there_at).await,
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
        let new = (now - self.at).as_secs_f64() / bucket.period.as_secs_f64();
        self.gathered = f64::from(bucket.burst).min(self.gathered + new);
        self.at = now;
        let price = f64::from(cost);
        if self.gathered >= price {
            self.gathered -= price;
            return Ok(());
        }
        Err(now + bucket.period.mul_f64(price - self.gathered))
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
