//! Mistake: the task that refills the bucket is never stopped, and goes on when the bucket is gone.
//! Rejected by: pattern::a_dropped_bucket_leaves_no_task_behind
//! Learner sees: the bucket is gone, but 1 of its tasks would go on for ever

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    tokens: Semaphore,
    taken: Notify,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0 && !period.is_zero());
        let shared = Arc::new(Shared {
            tokens: Semaphore::new(burst as usize),
            taken: Notify::new(),
        });
        tokio::spawn(refill(Arc::clone(&shared), burst, period));
        Self { burst, shared }
    }

    pub async fn take(&self, cost: u32) -> Result<(), TooExpensive> {
        if cost > self.burst {
            let burst = self.burst;
            return Err(TooExpensive { cost, burst });
        }
        let taken = self.shared.tokens.acquire_many(cost).await;
        // Permits that are dropped go back; these are spent.
        taken.expect("nobody closes the semaphore").forget();
        self.shared.taken.notify_one();
        Ok(())
    }

    pub fn try_take(&self, cost: u32) -> bool {
        let Ok(taken) = self.shared.tokens.try_acquire_many(cost) else {
            return false;
        };
        taken.forget();
        self.shared.taken.notify_one();
        true
    }
}

async fn refill(shared: Arc<Shared>, burst: u32, period: Duration) {
    let mut next = Instant::now();
    loop {
        // Full: the next period begins when something is taken. The notification may be an old one,
        // so look again.
        while shared.tokens.available_permits() >= burst as usize {
            shared.taken.notified().await;
            next = Instant::now();
        }
        // From time to time and not for a period: a timer that is late delays one token and no other.
        next += period;
        sleep_until(next).await;
        shared.tokens.add_permits(1);
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
