//! Mistake: it spaces everything by a period, so nothing is saved up for a burst.
//! Rejected by: core::a_full_bucket_lets_a_burst_through_at_once
//! Learner sees: push 2 went out at 100 ms, though its token was there at 0 ms

use std::error::Error;
use std::fmt;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    period: Duration,
    next: Mutex<Instant>,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0 && !period.is_zero());
        Self {
            burst,
            period,
            next: Mutex::new(Instant::now()),
        }
    }

    pub async fn take(&self, cost: u32) -> Result<(), TooExpensive> {
        if cost > self.burst {
            let burst = self.burst;
            return Err(TooExpensive { cost, burst });
        }
        let mut next = self.next.lock().await;
        sleep_until(*next).await;
        *next = Instant::now() + self.period * cost;
        Ok(())
    }

    pub fn try_take(&self, cost: u32) -> bool {
        let Ok(mut next) = self.next.try_lock() else {
            return false;
        };
        let now = Instant::now();
        if cost > self.burst || now < *next {
            return false;
        }
        *next = now + self.period * cost;
        true
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
