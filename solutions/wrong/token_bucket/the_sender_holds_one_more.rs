//! Mistake: tokens wait in a channel, and while it is full, its sender waits with one more in its hand.
//! Rejected by: pattern::an_idle_bucket_gathers_no_more_than_it_holds
//! Learner sees: push 6 went out at 2000 ms, but its token is there only at 2100 ms

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::sleep;

#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    tokens: Mutex<Receiver<()>>,
    waiting: AtomicUsize,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0 && !period.is_zero());
        let (sender, tokens) = mpsc::channel(burst as usize);
        for _ in 0..burst {
            sender.try_send(()).unwrap();
        }
        tokio::spawn(refill(sender, period));
        Self {
            burst,
            tokens: Mutex::new(tokens),
            waiting: AtomicUsize::new(0),
        }
    }

    pub async fn take(&self, cost: u32) -> Result<(), TooExpensive> {
        if cost > self.burst {
            let burst = self.burst;
            return Err(TooExpensive { cost, burst });
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let mut tokens = self.tokens.lock().await;
        for _ in 0..cost {
            tokens.recv().await.unwrap();
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Ok(())
    }

    pub fn try_take(&self, cost: u32) -> bool {
        if self.waiting.load(Ordering::Relaxed) > 0 {
            return false;
        }
        let Ok(mut tokens) = self.tokens.try_lock() else {
            return false;
        };
        if tokens.len() < cost as usize {
            return false;
        }
        (0..cost).all(|_| tokens.try_recv().is_ok())
    }
}

async fn refill(tokens: Sender<()>, period: Duration) {
    loop {
        sleep(period).await;
        if tokens.send(()).await.is_err() {
            return;
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
