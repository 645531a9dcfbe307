//! Mistake: the task that refills the bucket hands the tokens over. If the task that they are for gives up before it looks, they are lost.
//! Rejected by: stretch::a_task_that_gives_up_at_the_last_moment_has_taken_nothing
//! Learner sees: push 1 went out at 300 ms, though its token was there at 250 ms

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

#[derive(Debug)]
pub struct TokenBucket {
    burst: u32,
    shared: Arc<Shared>,
    refill: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    taken: Notify,
}

#[derive(Debug)]
struct State {
    tokens: u32,
    line: VecDeque<(u32, oneshot::Sender<()>)>,
}

impl State {
    fn serve(&mut self) {
        while let Some((cost, asker)) = self.line.front() {
            if asker.is_closed() {
                self.line.pop_front();
                continue;
            }
            if *cost > self.tokens {
                break;
            }
            let (cost, asker) = self.line.pop_front().expect("there is a first");
            if asker.send(()).is_ok() {
                self.tokens -= cost;
            }
        }
    }
}

impl TokenBucket {
    pub fn new(burst: u32, period: Duration) -> Self {
        assert!(burst > 0 && !period.is_zero());
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                tokens: burst,
                line: VecDeque::new(),
            }),
            taken: Notify::new(),
        });
        let refill = tokio::spawn(refill(Arc::clone(&shared), burst, period)).abort_handle();
        Self {
            burst,
            shared,
            refill,
        }
    }

    pub async fn take(&self, cost: u32) -> Result<(), TooExpensive> {
        if cost > self.burst {
            let burst = self.burst;
            return Err(TooExpensive { cost, burst });
        }
        let served = {
            let mut state = self.shared.state.lock().unwrap();
            let (asker, served) = oneshot::channel();
            state.line.push_back((cost, asker));
            state.serve();
            served
        };
        self.shared.taken.notify_one();
        let _leave = Leave(&self.shared);
        served.await.expect("the refill serves");
        Ok(())
    }

    pub fn try_take(&self, cost: u32) -> bool {
        let mut state = self.shared.state.lock().unwrap();
        state.serve();
        if state.line.is_empty() && state.tokens >= cost {
            state.tokens -= cost;
            self.shared.taken.notify_one();
            return true;
        }
        false
    }
}

struct Leave<'a>(&'a Shared);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        // The receiver is dropped after this: take it out at the next look.
        self.0.taken.notify_one();
    }
}

impl Drop for TokenBucket {
    fn drop(&mut self) {
        self.refill.abort();
    }
}

async fn refill(shared: Arc<Shared>, burst: u32, period: Duration) {
    let mut next = Instant::now();
    loop {
        while {
            let mut state = shared.state.lock().unwrap();
            state.serve();
            state.tokens >= burst
        } {
            shared.taken.notified().await;
            next = Instant::now();
        }
        next += period;
        loop {
            tokio::select! {
                () = sleep_until(next) => break,
                () = shared.taken.notified() => shared.state.lock().unwrap().serve(),
            }
        }
        let mut state = shared.state.lock().unwrap();
        state.tokens += 1;
        state.serve();
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
