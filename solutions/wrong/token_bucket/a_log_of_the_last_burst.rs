//! Mistake: it remembers when the last five went out and lets the next one go when the oldest is 500 ms old: five at once, then nothing, then five.
//! Rejected by: core::after_the_burst_one_goes_every_period
//! Learner sees: push 6 went out at 500 ms, though its token was there at 100 ms

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    window: Duration,
    /// When, and how many.
    log: Mutex<VecDeque<(Instant, u32)>>,
    line: tokio::sync::Mutex<()>,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0 && !period.is_zero());
        Self {
            burst,
            window: period * burst,
            log: Mutex::default(),
            line: tokio::sync::Mutex::new(()),
        }
    }

    pub async fn take(&self, cost: u32) -> Result<(), TooExpensive> {
        if cost > self.burst {
            let burst = self.burst;
            return Err(TooExpensive { cost, burst });
        }
        let _first = self.line.lock().await;
        while !self.log_it(cost) {
            let (oldest, _) = self.log.lock().unwrap()[0];
            sleep_until(oldest + self.window).await;
        }
        Ok(())
    }

    pub fn try_take(&self, cost: u32) -> bool {
        self.line.try_lock().is_ok() && self.log_it(cost)
    }

    fn log_it(&self, cost: u32) -> bool {
        let mut log = self.log.lock().unwrap();
        let now = Instant::now();
        while log
            .front()
            .is_some_and(|(oldest, _)| now - *oldest >= self.window)
        {
            log.pop_front();
        }
        let logged: u32 = log.iter().map(|(_, count)| count).sum();
        if cost > self.burst - logged {
            return false;
        }
        log.push_back((now, cost));
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
