//! Mistake: the task that refills the bucket ticks on while it is full, so the next token comes too soon after a burst.
//! Rejected by: pattern::a_full_bucket_saves_up_no_part_of_a_token
//! Learner sees: push went out at 1100 ms, but its token is there only at 1150 ms

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use tokio::time::{Instant, interval_at};

#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    tokens: Arc<Semaphore>,
    refill: AbortHandle,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0 && !period.is_zero());
        let tokens = Arc::new(Semaphore::new(burst as usize));
        let refill = tokio::spawn(refill(Arc::clone(&tokens), burst, period)).abort_handle();
        Self {
            burst,
            tokens,
            refill,
        }
    }

    pub async fn take(&self, cost: u32) -> Result<(), TooExpensive> {
        if cost > self.burst {
            let burst = self.burst;
            return Err(TooExpensive { cost, burst });
        }
        self.tokens.acquire_many(cost).await.unwrap().forget();
        Ok(())
    }

    pub fn try_take(&self, cost: u32) -> bool {
        match self.tokens.try_acquire_many(cost) {
            Ok(taken) => {
                taken.forget();
                true
            }
            Err(_) => false,
        }
    }
}

impl Drop for TokenBucket {
    fn drop(&mut self) {
        self.refill.abort();
    }
}

async fn refill(tokens: Arc<Semaphore>, burst: u32, period: Duration) {
    let mut ticks = interval_at(Instant::now() + period, period);
    loop {
        ticks.tick().await;
        if tokens.available_permits() < burst as usize {
            tokens.add_permits(1);
        }
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
