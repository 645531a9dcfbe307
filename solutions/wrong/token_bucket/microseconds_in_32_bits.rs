//! Mistake: the time that has passed is counted in a `u32` of microseconds, which begins anew after
//! 71 minutes. A period of less than a microsecond divides by zero.
//! Rejected by: pattern::tokens_may_come_every_nanosecond
//! Learner sees: take(5) for newsletter 1 panicked at 0 ms: attempt to divide by zero

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
    tokens: u32,
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
                tokens: burst,
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
        let new = ((now - self.at).as_micros() as u32) / (bucket.period.as_micros() as u32);
        if self.tokens + new >= bucket.burst {
            self.tokens = bucket.burst;
            self.at = now;
        } else {
            self.tokens += new;
            self.at += bucket.period * new;
        }
        if self.tokens >= cost {
            self.tokens -= cost;
            Ok(())
        } else {
            Err(self.at + bucket.period * (cost - self.tokens))
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
