//! # Token bucket
//!
//! A notification service sends pushes for its customers. The provider takes a short burst, but on
//! average no more than a few a second; what goes beyond costs the account. Each customer gets a
//! bucket of tokens, and a notification takes its cost out of it before it is sent: a push one
//! token, an e-mail with pictures three. Build the bucket. The chapter is `src/token_bucket.md`.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! Check your work with
//!
//! ```text
//! cargo test -p exercises --test token_bucket
//! ```

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// A bucket that holds up to `burst` tokens and gets a new one every `period`.
///
/// It begins full. While it is not full, tokens come one a period, and no part of a period is ever
/// lost: 150 ms after the bucket was emptied, with a period of 100 ms, it holds one token, and the
/// next one comes 50 ms later, whether or not a task has asked in between. While it is full,
/// nothing gathers, a part of a token neither: the next period begins when a token is taken.
///
/// A bucket is shared: many tasks call it through an `Arc`, on one thread or several, and the
/// future of [`take`](Self::take) can be spawned. It is made within a tokio runtime, and its time is
/// tokio's. Tokio's timers round up to a whole millisecond, so a token may be handed out a
/// millisecond late. When the bucket is dropped, no task of its own goes on.
///
/// **Stretch:** The milliseconds by which timers are late do not add up from token to token.
#[derive(Debug)]
pub struct TokenBucket {
    // What must the bucket remember between two calls?
}

/// A cost that no amount of waiting could pay: it is more than the bucket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooExpensive {
    /// What was asked for.
    pub cost: u32,
    /// What the bucket holds at most.
    pub burst: u32,
}

impl TokenBucket {
    /// A full bucket of `burst` tokens, which gets a new one every `period`: from a nanosecond up to a
    /// year. Between two calls, months may pass.
    ///
    /// # Panics
    /// If `burst` or `period` is zero: nothing could ever be taken, or everything.
    pub fn new(burst: u32, period: Duration) -> Self {
        todo!("TokenBucket::new({burst}, {period:?})")
    }

    /// Takes `cost` tokens, as soon as that many are there.
    ///
    /// Tasks that have to wait are served in the order in which they asked. The first in line holds
    /// all others back, also those that ask for less: else something expensive might wait for ever.
    ///
    /// A task that waits sleeps until then, and does not look again and again.
    ///
    /// A task may give up: when the future is dropped before it is ready, it leaves the line, and it
    /// has taken nothing.
    ///
    /// **Stretch:** The same holds if its tokens had come when it was dropped, and it had not looked yet.
    ///
    /// # Errors
    /// At once, if `cost` is more than the bucket can hold. It has taken nothing.
    pub async fn take(&self, cost: u32) -> Result<(), TooExpensive> {
        todo!("TokenBucket::take({cost})")
    }

    /// Takes `cost` tokens if they are there now and no task waits in line, and says whether it did.
    /// Otherwise it takes nothing. That another thread looks at the same moment is no reason to say no.
    pub fn try_take(&self, cost: u32) -> bool {
        todo!("TokenBucket::try_take({cost})")
    }
}

impl fmt::Display for TooExpensive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cost, burst } = self;
        write!(f, "a cost of {cost} tokens, but the bucket holds {burst}")
    }
}

impl Error for TooExpensive {}
