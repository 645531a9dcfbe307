//! Design: the whole state is one instant, at which the bucket will be full; networks know this as GCRA.

use std::error::Error;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Each token that is taken puts off the time at which the bucket is full by a period. It may not
/// be put off to more than `burst` periods from now. A time in the past means full: so the cap
/// needs no line of code but a `max`.
#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    period: Duration,
    full_at: Mutex<Instant>,
    line: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0 && !period.is_zero());
        Self {
            burst,
            period,
            full_at: Mutex::new(Instant::now()),
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
        while let Err(there_at) = self.put_off(cost) {
            sleep_until(there_at).await;
        }
        Ok(())
    }

    pub fn try_take(&self, cost: u32) -> bool {
        self.waiting.load(Ordering::Relaxed) == 0 && self.put_off(cost).is_ok()
    }

    /// Takes the tokens, or says when they will be there.
    fn put_off(&self, cost: u32) -> Result<(), Instant> {
        let mut full_at = self
            .full_at
            .lock()
            .expect("nothing panics with the lock held");
        let now = Instant::now();
        let later = (*full_at).max(now) + self.period * cost;
        let latest = now + self.period * self.burst;
        if later > latest {
            return Err(now + (later - latest));
        }
        *full_at = later;
        Ok(())
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
