//! Mistake: a task adds a permit every period, and a semaphore takes all of them: it has no cap.
//! Rejected by: pattern::an_idle_bucket_gathers_no_more_than_it_holds
//! Learner sees: push 6 went out at 2000 ms, but its token is there only at 2100 ms

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
        let refill = tokio::spawn(refill(Arc::clone(&tokens), period)).abort_handle();
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

async fn refill(tokens: Arc<Semaphore>, period: Duration) {
    let mut ticks = interval_at(Instant::now() + period, period);
    loop {
        ticks.tick().await;
        tokens.add_permits(1);
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
