//! # Rate limiter
//!
//! An app for sailors shows the weather of many harbours. The weather office answers all clients,
//! but it takes one request in a period and no more, and leaves a limited number of a client's
//! requests open at once; a client that asks for more is cut off for a day. Build the limiter through
//! which all parts of the app send their requests. The chapter is `src/rate_limiter.md`.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! Check your work with
//!
//! ```text
//! cargo test -p exercises --test rate_limiter
//! ```

use std::time::Duration;

/// Sends requests at a steady rate: one every `period`, and never more than `places` open at once.
///
/// A request is **due** when it has been asked for, no caller that asked before it waits any more, a
/// place is free, and a period has passed since the last request was due; so the first is due at
/// once. It goes out when it is due. Nothing is saved up: after a quiet time one request goes out at
/// once, and the next a period later.
///
/// A limiter is shared: many tasks call it through an `Arc`, and the future of
/// [`call`](Self::call) can be spawned. It is made within a tokio runtime, and its time is tokio's.
/// Tokio's timers round up to a whole millisecond, so a request may go out a millisecond after it
/// was due. When the limiter is dropped, a task of its own goes on for a period at most.
///
/// **Stretch:** The milliseconds by which timers are late do not add up from request to request.
///
/// A request that is asked for, or gets its place, up to 5 ms after its turn may count as punctual:
/// the next turn is then a period after that turn. Tokio's `interval` does it so, and the tests do
/// not look.
#[derive(Debug)]
pub struct RateLimiter {
    // What bounds how many go out in a time, and what bounds how many are open?
}

impl RateLimiter {
    /// A limiter for one request every `period`, of which at most `places` are open at once.
    ///
    /// A period may be as long as a `Duration` can be: after `Duration::MAX`, no second request is ever
    /// due. There may be as many places as tokio's `Semaphore` can count. Between two calls, months may
    /// pass.
    ///
    /// # Panics
    /// If `period` or `places` is zero: everything could be sent, or nothing.
    pub fn new(period: Duration, places: usize) -> Self {
        todo!("RateLimiter::new({period:?}, {places})")
    }

    /// Waits until a request is due, sends it, and returns its answer.
    ///
    /// To call `request` is to send it: not before it is due. The request is open, and has its
    /// place, until its future is done or gone: answered, dropped with the future of this call, or
    /// unwound by a panic, which goes on to the caller. If `request` itself panics, its place is free
    /// again as well.
    ///
    /// Callers are served in the order in which they asked: none overtakes one that waits, be it for
    /// a place or for a turn. An open request holds back only callers that find no place, and those
    /// behind them in the line.
    ///
    /// A caller may give up: when the future of this call is dropped before it is ready, it leaves
    /// the line. If its request was not sent by then, it never will be, and it has used up neither a
    /// turn nor a place.
    ///
    /// **Stretch:** The same holds if its turn or its place had come when it was dropped, or if it had
    /// moved up in the line, and it had not looked yet.
    pub async fn call<F, R>(&self, request: F) -> R::Output
    where
        F: FnOnce() -> R,
        R: Future,
    {
        let _ = request;
        todo!("RateLimiter::call")
    }
}
