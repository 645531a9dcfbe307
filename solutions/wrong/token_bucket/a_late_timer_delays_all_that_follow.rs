//! Mistake: the task that refills the bucket sleeps for a period each time, and what the timer rounds up adds up.
//! Rejected by: stretch::milliseconds_that_a_timer_rounds_up_do_not_add_up
//! Learner sees: push 3 went out at 1002 ms, though its token was there at 1000 ms

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::sleep;

#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    tokens: Arc<Semaphore>,
    taken: Arc<Notify>,
    refill: AbortHandle,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0 && !period.is_zero());
        let tokens = Arc::new(Semaphore::new(burst as usize));
        let taken = Arc::new(Notify::new());
        let refill = refill(Arc::clone(&tokens), Arc::clone(&taken), burst, period);
        let refill = tokio::spawn(refill).abort_handle();
        Self {
            burst,
            tokens,
            taken,
            refill,
        }
    }

    pub async fn take(&self, cost: u32) -> Result<(), TooExpensive> {
        if cost > self.burst {
            let burst = self.burst;
            return Err(TooExpensive { cost, burst });
        }
        self.tokens.acquire_many(cost).await.unwrap().forget();
        self.taken.notify_one();
        Ok(())
    }

    pub fn try_take(&self, cost: u32) -> bool {
        match self.tokens.try_acquire_many(cost) {
            Ok(taken) => {
                taken.forget();
                self.taken.notify_one();
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

async fn refill(tokens: Arc<Semaphore>, taken: Arc<Notify>, burst: u32, period: Duration) {
    loop {
        while tokens.available_permits() >= burst as usize {
            taken.notified().await;
        }
        sleep(period).await;
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
