//! Mistake: it takes the tokens before they are there and sleeps off the debt: whoever gives up has paid all the same.
//! Rejected by: pattern::a_task_that_gives_up_has_taken_nothing
//! Learner sees: push 1 went out at 600 ms, though its token was there at 250 ms

use std::error::Error;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    period: Duration,
    full_at: Mutex<Instant>,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0 && !period.is_zero());
        Self {
            burst,
            period,
            full_at: Mutex::new(Instant::now()),
        }
    }

    pub async fn take(&self, cost: u32) -> Result<(), TooExpensive> {
        if cost > self.burst {
            let burst = self.burst;
            return Err(TooExpensive { cost, burst });
        }
        let ready = {
            let mut full_at = self.full_at.lock().unwrap();
            *full_at = (*full_at).max(Instant::now()) + self.period * cost;
            *full_at - self.period * self.burst
        };
        sleep_until(ready).await;
        Ok(())
    }

    pub fn try_take(&self, cost: u32) -> bool {
        let mut full_at = self.full_at.lock().unwrap();
        let now = Instant::now();
        let wanted = (*full_at).max(now) + self.period * cost;
        if wanted > now + self.period * self.burst {
            return false;
        }
        *full_at = wanted;
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
