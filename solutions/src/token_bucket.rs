//! # Token bucket
//!
//! No task refills this bucket. It remembers how full it was and when, and works out the rest
//! when a task asks: a bucket that is not in use costs nothing.
//!
//! *How is no part of a period lost?* The level is counted in time, not in tokens. A token is worth
//! a period, so 150 ms are a token and a half, without a fraction and without rounding.
//!
//! *Who comes first?* Tokio's mutex is fair: tasks get it in the order in which they ask. So the
//! line is a mutex, and the first in line holds it while it sleeps.
//!
//! *What if the first gives up?* Its future is dropped, and the guard with it. It has taken nothing
//! yet, so there is nothing to give back.

use std::error::Error;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A bucket that holds up to `burst` tokens and gets a new one every `period`.
#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    period: Duration,
    level: Mutex<Level>,
    /// Held by the first in line while it waits for its tokens. Tokio's, because it is held across an
    /// await, and because it is fair.
    line: tokio::sync::Mutex<()>,
}

/// How full the bucket was, and when.
#[derive(Debug)]
struct Level {
    /// Counted in the time that it takes to gather.
    gathered: Duration,
    at: Instant,
    /// How many are in line, the first included.
    waiting: usize,
}

/// A cost that no amount of waiting could pay: it is more than the bucket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooExpensive {
    /// What was asked for.
    pub cost: u32,
    /// What the bucket holds at most.
    pub burst: u32,
}

impl TokenBucket {
    /// A full bucket of `burst` tokens, which gets a new one every `period`.
    ///
    /// # Panics
    /// If `burst` or `period` is zero: nothing could ever be taken, or everything.
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

    /// Takes `cost` tokens, as soon as that many are there, in the order in which tasks ask.
    ///
    /// # Errors
    /// At once, if `cost` is more than the bucket can hold.
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

    /// Takes `cost` tokens if they are there now and no task waits in line, and says whether it did.
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
    /// Takes `cost` tokens, or says when that many will be there.
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

/// A place in line, left when this is dropped: with the tokens, or by giving up.
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
