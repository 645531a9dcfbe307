//! Mistake: it loads the level, works out the new one and stores it: two threads at once take the same token.
//! Rejected by: pattern::threads_that_ask_at_once_share_the_tokens
//! Learner sees: 4 threads took tokens until the bucket said no: it held 300000, and together they have …

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    period: Duration,
    start: Instant,
    full_at: std::sync::atomic::AtomicU64,
    line: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0 && !period.is_zero());
        Self {
            burst,
            period,
            start: Instant::now(),
            full_at: std::sync::atomic::AtomicU64::new(0),
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

    fn put_off(&self, cost: u32) -> Result<(), Instant> {
        let now = self.start.elapsed();
        let full_at = Duration::from_nanos(self.full_at.load(Ordering::SeqCst));
        let later = full_at.max(now) + self.period * cost;
        let latest = now + self.period * self.burst;
        if later > latest {
            return Err(self.start + now + (later - latest));
        }
        self.full_at
            .store(later.as_nanos() as u64, Ordering::SeqCst);
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
