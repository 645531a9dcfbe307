//! Mistake: it gives each token back a period after it was taken: that limits how many are out at once, and the rate is five times too high.
//! Rejected by: core::after_the_burst_one_goes_every_period
//! Learner sees: push 7 went out at 100 ms, but its token is there only at 200 ms

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::sleep;

#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    period: Duration,
    tokens: Arc<Semaphore>,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0 && !period.is_zero());
        Self {
            burst,
            period,
            tokens: Arc::new(Semaphore::new(burst as usize)),
        }
    }

    pub async fn take(&self, cost: u32) -> Result<(), TooExpensive> {
        if cost > self.burst {
            let burst = self.burst;
            return Err(TooExpensive { cost, burst });
        }
        let tokens = Arc::clone(&self.tokens);
        let taken = tokens.acquire_many_owned(cost).await.unwrap();
        let period = self.period;
        tokio::spawn(async move {
            sleep(period).await;
            drop(taken);
        });
        Ok(())
    }

    pub fn try_take(&self, cost: u32) -> bool {
        let tokens = Arc::clone(&self.tokens);
        let Ok(taken) = tokens.try_acquire_many_owned(cost) else {
            return false;
        };
        let period = self.period;
        tokio::spawn(async move {
            sleep(period).await;
            drop(taken);
        });
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
