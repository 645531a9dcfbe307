//! Mistake: millionths of tokens are worked out in a `u64` of nanoseconds. The product overflows
//! after five hours.
//! Rejected by: pattern::a_bucket_that_was_idle_for_long_is_full_and_no_more
//! Learner sees: take(5) for newsletter 2 panicked at 18900000 ms: attempt to multiply with overflow

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
    micros: u64,
    at: Instant,
    waiting: usize,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0, "a bucket without room would let nothing through");
        assert!(!period.is_zero(), "tokens without a period have no rate");
        Self {
            burst,
            period,
            level: Mutex::new(Level {
                micros: u64::from(burst) * 1_000_000,
                at: Instant::now(),
                waiting: 0,
            }),
            line: tokio::sync::Mutex::new(()),
        }
    }

    pub async fn take(&self, cost: u32) -> Result<(), TooExpensive> {
        if cost > self.burst {
            return Err(TooExpensive {
                cost,
                burst: self.burst,
            });
        }
        if self.try_take(cost) {
            return Ok(());
        }
        let _in_line = InLine::join(self);
        let _first = self.line.lock().await;
        loop {
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
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Level {
    /// Takes `cost` tokens, or says when so many will be there.
    fn take(&mut self, bucket: &TokenBucket, cost: u32) -> Result<(), Instant> {
        let now = Instant::now();
        let period = bucket.period.as_nanos() as u64;
        let new = (now - self.at).as_nanos() as u64 * 1_000_000 / period;
        self.micros = (u64::from(bucket.burst) * 1_000_000).min(self.micros + new);
        self.at = now;
        let price = u64::from(cost) * 1_000_000;
        match self.micros.checked_sub(price) {
            Some(rest) => {
                self.micros = rest;
                Ok(())
            }
            None => Err(now + Duration::from_nanos((price - self.micros) * period / 1_000_000)),
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
