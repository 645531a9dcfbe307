//! Mistake: it counts what goes out in each 500 ms and starts anew: two bursts fit around the edge.
//! Rejected by: core::after_the_burst_one_goes_every_period
//! Learner sees: push 6 went out at 500 ms, though its token was there at 100 ms

use std::error::Error;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    length: Duration,
    window: tokio::sync::Mutex<()>,
    state: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    ends: Instant,
    left: u32,
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0 && !period.is_zero());
        let length = period * burst;
        Self {
            burst,
            length,
            window: tokio::sync::Mutex::new(()),
            state: Mutex::new(Window {
                ends: Instant::now() + length,
                left: burst,
            }),
        }
    }

    pub async fn take(&self, cost: u32) -> Result<(), TooExpensive> {
        if cost > self.burst {
            let burst = self.burst;
            return Err(TooExpensive { cost, burst });
        }
        let _first = self.window.lock().await;
        loop {
            if self.take_from_the_window(cost) {
                return Ok(());
            }
            let ends = self.state.lock().unwrap().ends;
            sleep_until(ends).await;
        }
    }

    pub fn try_take(&self, cost: u32) -> bool {
        self.window.try_lock().is_ok() && self.take_from_the_window(cost)
    }

    fn take_from_the_window(&self, cost: u32) -> bool {
        let mut window = self.state.lock().unwrap();
        let now = Instant::now();
        while window.ends <= now {
            window.ends += self.length;
            window.left = self.burst;
        }
        if window.left < cost {
            return false;
        }
        window.left -= cost;
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
